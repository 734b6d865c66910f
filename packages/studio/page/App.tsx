import { useState } from "preact/hooks";
import { ComparePage } from "./compare/ComparePage.js";
import { LabPage } from "./lab/LabPage.js";
import { LatentsPage } from "./latents/LatentsPage.js";
import { useAddress } from "./parts/address.js";
import { Dialog } from "./parts/Dialog.js";
import { useKeys } from "./parts/keys.js";
import { RunPage } from "./run/RunPage.js";
import { RunsPage } from "./runs/RunsPage.js";

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ["/", "search the runs"],
  ["c", "compare the runs that are marked"],
  ["← →", "the samples before and after"],
  ["Space", "play the samples"],
  ["r", "real images beside the samples"],
  ["l", "logarithmic scale"],
  ["Esc", "the whole training again, after a look into a part"],
  ["Space, s", "in the lab: play, one iteration"],
  ["?", "this list"],
];

export function App() {
  const url = useAddress();
  const [helps, setHelps] = useState(false);
  useKeys({ "?": () => setHelps(true) });
  const [, page, id] = /^\/(run|compare|runs|latents|lab)?\/?(.*)$/.exec(url.pathname) ?? [];
  return (
    <>
      <header class="top">
        <a class="brand" href="/">
          <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <path d="M2 18V6l8-4 8 4v12M2 10h16M6.500 18v-8M13.500 18v-8" />
          </svg>
          Gantry studio
        </a>
        <nav aria-label="Pages">
          <a href="/" aria-current={page === undefined || page === "runs" ? "page" : undefined}>
            Runs
          </a>
          <a href="/lab" aria-current={page === "lab" ? "page" : undefined}>
            Lab
          </a>
        </nav>
        <span class="grow" />
        <a class="quiet" href={`${url.pathname === "/" ? "/runs" : url.pathname}.json${url.search}`}>
          JSON
        </a>
        <button type="button" class="button small" aria-label="Keys" onClick={() => setHelps(true)}>
          ?
        </button>
      </header>
      {page === "run" ? (
        <RunPage key={id} id={decode(id ?? "")} />
      ) : page === "latents" ? (
        <LatentsPage key={id} id={decode(id ?? "")} />
      ) : page === "compare" ? (
        <ComparePage />
      ) : page === "lab" ? (
        <LabPage />
      ) : (
        <RunsPage />
      )}
      {helps ? (
        <Dialog title="Keys" onClose={() => setHelps(false)}>
          <dl class="keys">
            {KEYS.map(([keys, meaning]) => (
              <div key={meaning}>
                <dt>
                  <kbd>{keys}</kbd>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      ) : null}
    </>
  );
}

function decode(path: string): string {
  try {
    return path.split("/").map(decodeURIComponent).join("/");
  } catch {
    return path;
  }
}
