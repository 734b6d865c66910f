import { useEffect, useRef, useState } from "preact/hooks";
import type { LabFrame } from "../../src/lab/messages.js";
import { pathOf } from "../parts/address.js";
import { shortNumber, whole } from "../parts/words.js";
import { type Layers, paint } from "./paint.js";

export type { Layers } from "./paint.js";

interface Props {
  /** Of the training. */
  readonly id: string;
  readonly title: string;
  readonly layers: Layers;
  /** Goes on with other terms and settings. */
  readonly onChange: (terms: string, set: string) => void;
}

interface Look {
  readonly count: number;
  readonly frame: LabFrame | null;
  readonly trouble: string | null;
}

/** A training of the lab, as it is now. */
export function Stage({ id, title, layers, onChange }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [look, setLook] = useState<Look>({ count: -1, frame: null, trouble: null });
  const [theme, setTheme] = useState(0);
  const [terms, setTerms] = useState("");
  const [set, setSet] = useState("");
  useEffect(() => {
    const control = new AbortController();
    const ask = async () => {
      for (let count = 0; !control.signal.aborted; ) {
        try {
          const response = await fetch(`/lab/${id}?after=${count}`, { signal: control.signal });
          const found = (await response.json()) as Look & { message?: string };
          if (!response.ok) throw new Error(found.message);
          if (found.count !== count) setLook(found);
          count = found.count;
          // While nobody sees it, it is not asked for, and pauses.
          while (document.hidden) await new Promise((resolve) => setTimeout(resolve, 500));
        } catch (error) {
          if (control.signal.aborted) return;
          setLook((before) => ({ ...before, trouble: (error as Error).message }));
          return;
        }
      }
    };
    void ask();
    return () => control.abort();
  }, [id]);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const change = () => setTheme((count) => count + 1);
    dark.addEventListener("change", change);
    return () => dark.removeEventListener("change", change);
  }, []);
  const { frame, trouble } = look;
  useEffect(() => {
    if (canvas.current !== null && frame !== null) paint(canvas.current, frame, layers);
  }, [frame, theme, Object.values(layers).join()]);
  const lit = frame === null ? 0 : frame.modes.filter((value, i) => i % 4 === 3 && value > 0).length;
  const modes = (frame?.modes.length ?? 0) / 4;
  return (
    <section class="card stage" aria-label={title}>
      <div class="section-heading">
        <h2>{frame === null ? title : <a href={`/run/${pathOf(frame.run)}`}>{frame.run}</a>}</h2>
        <p class="quiet">
          {frame === null
            ? "beginning …"
            : `iteration ${whole(frame.iteration)} of ${whole(frame.steps)}${frame.done ? ", done" : ""}`}
        </p>
      </div>
      <canvas
        ref={canvas}
        role="img"
        aria-label={frame === null ? `${title}, beginning` : `${title}: ${lit} of ${modes} modes lit`}
      />
      <p>
        <strong>
          {lit} of {modes}
        </strong>{" "}
        modes lit
        {frame?.surface === null ? <span class="quiet">; D judges no single points here</span> : null}
      </p>
      <p class="quiet scalars">
        {Object.entries(frame?.scalars ?? {}).map(([name, value]) => (
          <span key={name}>
            {name} {shortNumber(value)}
          </span>
        ))}
      </p>
      {trouble === null ? null : (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          onChange(terms, set);
        }}
      >
        <label class="field grow">
          <span>Go on with terms</span>
          <input
            value={terms}
            placeholder="packing"
            onInput={(event) => setTerms(event.currentTarget.value)}
          />
        </label>
        <label class="field grow">
          <span>and settings</span>
          <input
            value={set}
            placeholder="optimizers.default.learningRate=1e-4"
            onInput={(event) => setSet(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button" disabled={frame === null || (terms === "" && set === "")}>
          Go on
        </button>
      </form>
    </section>
  );
}
