import { useEffect, useRef, useState } from "preact/hooks";
import type { RunRow } from "../../src/json.js";
import { pathOf } from "../parts/address.js";
import { byWeight, Severity, StateMark } from "../parts/Marks.js";
import { ago, progressOf, shortNumber, whole } from "../parts/words.js";

interface Props {
  readonly label: string;
  readonly runs: readonly RunRow[];
  /** Those that are marked to be compared. */
  readonly picked: readonly string[];
  readonly onPick: (ids: readonly string[]) => void;
}

/** Rows drawn at first, and more whenever the last comes into sight. */
const SOME = 60;

/** Runs as a table; on narrow screens each is a card. */
export function RunTable({ label, runs, picked, onPick }: Props) {
  const [count, setCount] = useState(SOME);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (element === null) return;
    const sight = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) setCount((before) => before + SOME);
      },
      { rootMargin: "600px" },
    );
    sight.observe(element);
    return () => sight.disconnect();
  }, [count < runs.length]);
  const marked = new Set(picked);
  const all = runs.every(({ id }) => marked.has(id));
  const toggle = (ids: readonly string[], on: boolean) =>
    onPick([...picked.filter((id) => !ids.includes(id)), ...(on ? ids : [])]);
  return (
    <>
      <table class="runs" aria-label={label}>
        <thead>
          <tr>
            <th scope="col" class="pick">
              <input
                type="checkbox"
                aria-label="Mark all of these"
                checked={all}
                onChange={(event) =>
                  toggle(
                    runs.map(({ id }) => id),
                    event.currentTarget.checked,
                  )
                }
              />
            </th>
            <th scope="col" colSpan={2}>
              Run
            </th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col" class="number">
              Score
            </th>
            <th scope="col" class="number">
              Active
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.slice(0, count).map((run) => (
            <Row key={run.id} run={run} picked={marked.has(run.id)} onPick={(on) => toggle([run.id], on)} />
          ))}
        </tbody>
      </table>
      {count < runs.length ? <div ref={end} class="more" /> : null}
    </>
  );
}

interface RowProps {
  readonly run: RunRow;
  readonly picked: boolean;
  readonly onPick: (on: boolean) => void;
}

function Row({ run, picked, onPick }: RowProps) {
  const { id, recipe, data, seed, score, sample, trouble } = run;
  const address = `/run/${pathOf(id)}`;
  const folders = id.split("/");
  const name = folders.pop();
  const finding = byWeight(run.findings)[0];
  const progress = progressOf(run);
  return (
    <tr class={picked ? "picked" : ""}>
      <td class="pick">
        <input
          type="checkbox"
          aria-label={`Mark ${id}`}
          checked={picked}
          onChange={(event) => onPick(event.currentTarget.checked)}
        />
      </td>
      <td class="thumbnail">
        {sample === null ? (
          <span class="blank" />
        ) : (
          <img src={`/samples/${sample}/${pathOf(id)}`} alt="" loading="lazy" width={44} height={44} />
        )}
      </td>
      <th scope="row">
        <a href={address}>
          <span class="quiet">{folders.map((folder) => `${folder}/`).join("")}</span>
          {name}
        </a>
        <span class="line quiet">
          {trouble ?? [recipe, data, seed === null ? "" : `seed ${seed}`].filter(Boolean).join(" · ")}
        </span>
        {finding === undefined || finding.severity === "info" ? null : (
          <span class="line">
            <Severity severity={finding.severity} />
            {finding.title}
          </span>
        )}
      </th>
      <td class="cell-state">
        <StateMark state={run.state} />
      </td>
      <td class="cell-progress">
        {progress === undefined ? null : (
          <>
            <progress value={progress} max={1} aria-label={`progress of ${id}`} />
            <span class="line quiet">
              {whole(run.iteration)} of {whole(run.steps ?? 0)}
            </span>
          </>
        )}
      </td>
      <td class="number">
        {score === null ? (
          ""
        ) : (
          <>
            {shortNumber(score.value)}
            <span class="line quiet">
              {score.name} {score.better === "lower" ? "↓" : "↑"}
            </span>
          </>
        )}
      </td>
      <td class="number quiet">{ago(run.updated ?? run.created)}</td>
    </tr>
  );
}
