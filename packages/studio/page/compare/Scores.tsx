import type { CompareJson } from "../../src/json.js";
import { pathOf } from "../parts/address.js";
import { Swatch } from "../parts/Marks.js";
import { Wide } from "../parts/Wide.js";
import {
  describeEarlierScores,
  describeGroup,
  describeMeasured,
  describeMetric,
  describeProgressOf,
  describeScore,
  describeScoreNotes,
  describeTime,
  describeUnequalGroups,
} from "./described.js";

// The words want a whole comparison, and look at no curve of it.
type Described = Parameters<typeof describeScoreNotes>[0];
const whole = (comparison: CompareJson["comparison"]): Described => ({ ...comparison, curves: [] });

const Value = ({ text, best }: { readonly text: string; readonly best: boolean | undefined }) => (
  <td class={`number${best ? " best" : ""}`}>
    {text === "" ? <span class="quiet">-</span> : text}
    {best ? <span class="unseen"> (best)</span> : null}
  </td>
);

/** The scores of each run, the best marked. */
export function ScoreTable({ data }: { readonly data: CompareJson }) {
  const { comparison, grouped, ids } = data;
  const { runs, metrics, groups } = comparison;
  const placeOf = (run: number) =>
    grouped ? groups.findIndex((group) => group.runs.includes(runs[run]!.label)) : run;
  const notes = [
    metrics.length === 0
      ? "No scores yet: 'gantry eval RUN' measures them."
      : "↓ less is better, ↑ more is better; the best is marked. ± is the standard deviation over repeats.",
    ...describeMeasured(whole(comparison)),
    ...describeScoreNotes(whole(comparison)),
    ...describeEarlierScores(whole(comparison)),
  ];
  return (
    <>
      <Wide label="Scores of the runs">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">run</th>
              <th scope="col">recipe</th>
              <th scope="col" class="number">
                iterations
              </th>
              <th scope="col" class="number">
                time
              </th>
              {metrics.map((metric) => (
                <th key={metric.name} scope="col" class="number">
                  {describeMetric(metric)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {runs.map((run, i) => (
              <tr key={run.label}>
                <th scope="row">
                  <Swatch place={placeOf(i)} />
                  {ids === null ? run.label : <a href={`/run/${pathOf(ids[i] ?? "")}`}>{run.label}</a>}
                </th>
                <td>{run.recipe}</td>
                <td class="number">{describeProgressOf(run)}</td>
                <td class="number">{describeTime(run.seconds)}</td>
                {metrics.map(({ name, scores }) => (
                  <Value key={name} text={describeScore(scores[i] ?? null)} best={scores[i]?.best} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {notes.map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
    </>
  );
}

/** The same over the seeds of each group of settings. */
export function GroupTable({ comparison }: { readonly comparison: CompareJson["comparison"] }) {
  const { groups, metrics } = comparison;
  return (
    <>
      <Wide label="Scores by settings">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">settings</th>
              <th scope="col">seeds</th>
              <th scope="col" class="number">
                iterations
              </th>
              {metrics.map((metric) => (
                <th key={metric.name} scope="col" class="number">
                  {describeMetric(metric)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group, place) => (
              <tr key={group.label}>
                <th scope="row">
                  <Swatch place={place} />
                  {group.label}
                </th>
                <td>{group.seeds.join(", ")}</td>
                <td class="number">{group.iteration.toLocaleString("en-US")}</td>
                {metrics.map(({ name }) => {
                  const score = group.scores.find((each) => each.name === name);
                  return <Value key={name} text={describeGroup(score)} best={score?.verdict === "best"} />;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {describeUnequalGroups(whole(comparison)).map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
    </>
  );
}
