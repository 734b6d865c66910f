import { useState } from "preact/hooks";
import type { RunJson } from "../../src/json.js";
import { pathOf } from "../parts/address.js";
import { Dialog } from "../parts/Dialog.js";
import { post } from "../parts/json.js";
import { shellWord, whole, wordsOf } from "../parts/words.js";

interface Props {
  readonly run: RunJson;
  readonly onDone: () => void;
}

/** What a person may do with a run; each is asked about first. */
export function Actions({ run, onDone }: Props) {
  const [asked, setAsked] = useState<"stop" | "fork" | "bin">();
  const close = () => {
    setAsked(undefined);
    onDone();
  };
  const isLive = run.state === "running" || run.state === "stalled";
  return (
    <div class="buttons">
      {run.checkpoints.length === 0 ? null : (
        <a class="button" href={`/latents/${pathOf(run.id)}`}>
          Latents
        </a>
      )}
      {run.stoppable ? (
        <button type="button" class="button" onClick={() => setAsked("stop")}>
          Stop …
        </button>
      ) : null}
      {run.state === "unreadable" ? null : (
        <button type="button" class="button" onClick={() => setAsked("fork")}>
          Fork …
        </button>
      )}
      {isLive ? null : (
        <button type="button" class="button" onClick={() => setAsked("bin")}>
          Throw away …
        </button>
      )}
      {asked === "stop" ? (
        <Dialog
          title={`Stop ${run.id}?`}
          action="Stop it"
          onConfirm={() => post(`/stop/${pathOf(run.id)}`)}
          onClose={close}
        >
          <p>It saves a checkpoint first. Later it goes on, to the bit, by</p>
          <pre>gantry resume {shellWord(run.path)}</pre>
        </Dialog>
      ) : null}
      {asked === "bin" ? (
        <Dialog
          title={`Throw ${run.id} away?`}
          action="Throw it away"
          isGrave
          onConfirm={() => post(`/bin/${pathOf(run.id)}`)}
          onClose={close}
        >
          <p>Its folder goes into .bin, beside the runs. Nothing is deleted.</p>
        </Dialog>
      ) : null}
      {asked === "fork" ? <Fork run={run} onClose={close} /> : null}
    </div>
  );
}

function Fork({ run, onClose }: { readonly run: RunJson; readonly onClose: () => void }) {
  const [step, setStep] = useState(String(run.checkpoints.at(-1) ?? ""));
  const [more, setMore] = useState(`--set steps=${2 * Math.max(run.iteration, run.steps ?? 0)}`);
  const from = step === "" ? run.path : `${run.path}@${step}`;
  const command = ["gantry fork", shellWord(from), ...wordsOf(more).map(shellWord)].join(" ");
  return (
    <Dialog
      title={`Fork ${run.id}`}
      action="Begin it"
      onConfirm={() => post(`/fork/${pathOf(run.id)}`, { words: [step, ...wordsOf(more)] })}
      onClose={onClose}
    >
      <p>
        A new run that begins with a checkpoint of this one, under other settings. This one stays as it is.
      </p>
      <label class="field">
        <span>From</span>
        <select value={step} onChange={(event) => setStep(event.currentTarget.value)}>
          {run.checkpoints.length === 0 ? <option value="">its beginning</option> : null}
          {run.checkpoints.toReversed().map((iteration) => (
            <option key={iteration} value={iteration}>
              iteration {whole(iteration)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>With</span>
        <input class="mono" value={more} onInput={(event) => setMore(event.currentTarget.value)} />
      </label>
      <pre>{command}</pre>
      <p>
        <button
          type="button"
          class="button small"
          onClick={() => void navigator.clipboard.writeText(command)}
        >
          Copy the command
        </button>
      </p>
    </Dialog>
  );
}
