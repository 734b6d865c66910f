import { useEffect, useRef, useState } from "preact/hooks";
import type { LabFrame } from "../../src/lab/messages.js";
import { pathOf } from "../parts/address.js";
import { shortNumber, whole } from "../parts/words.js";
import { type Layers, paint } from "./paint.js";

interface Props {
  readonly recipe: string;
  readonly frame: LabFrame | null;
  readonly trouble: string | null;
  readonly layers: Layers;
  /** Goes on with other terms and settings. */
  readonly onChange: (terms: string, set: string) => void;
}

/** A training of the lab, as it is now. */
export function Stage({ recipe, frame, trouble, layers, onChange }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [theme, setTheme] = useState(0);
  const [terms, setTerms] = useState("");
  const [set, setSet] = useState("");
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const change = () => setTheme((count) => count + 1);
    dark.addEventListener("change", change);
    return () => dark.removeEventListener("change", change);
  }, []);
  useEffect(() => {
    if (canvas.current !== null && frame !== null) paint(canvas.current, frame, layers);
  }, [frame, theme, Object.values(layers).join()]);
  const lit = frame === null ? 0 : frame.modes.filter((value, i) => i % 4 === 3 && value > 0).length;
  const modes = (frame?.modes.length ?? 0) / 4;
  return (
    <section class="card stage" aria-label={recipe}>
      <div class="section-heading">
        <h2>{frame === null ? recipe : <a href={`/run/${pathOf(frame.run)}`}>{frame.run}</a>}</h2>
        <p class="quiet">
          {frame === null
            ? "beginning …"
            : `iteration ${whole(frame.iteration)} of ${whole(frame.steps)}${frame.done ? ", done" : ""}`}
        </p>
      </div>
      <canvas
        ref={canvas}
        role="img"
        aria-label={frame === null ? `${recipe}, beginning` : `${recipe}: ${lit} of ${modes} modes lit`}
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
