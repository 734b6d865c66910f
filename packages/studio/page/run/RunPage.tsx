import type { RunJson } from "../../src/json.js";
import { pathOf, useAddress } from "../parts/address.js";
import { useJson } from "../parts/json.js";
import { StateMark } from "../parts/Marks.js";
import { Wide } from "../parts/Wide.js";
import { progressOf, shortNumber, whole } from "../parts/words.js";
import { Actions } from "./Actions.js";
import { Curves } from "./Curves.js";
import { Findings } from "./Findings.js";
import { Samples } from "./Samples.js";
import { Settings } from "./Settings.js";
import { doing } from "./words.js";

/** Milliseconds until the page asks again. */
const pauseOf = ({ state, read }: RunJson): number =>
  read.bytes < read.of ? 300 : state === "running" || state === "stalled" ? 2000 : 8000;

/** A run. */
export function RunPage({ id }: { readonly id: string }) {
  const { searchParams } = useAddress();
  const range = ["from", "to"].flatMap((name) => {
    const value = searchParams.get(name);
    return value === null ? [] : [[name, value]];
  });
  const {
    data: run,
    trouble,
    again,
  } = useJson<RunJson>(`/run/${pathOf(id)}.json?${new URLSearchParams(range)}`, pauseOf);
  if (run === undefined)
    return (
      <main class="wide">
        <h1 class="name">{id}</h1>
        <p class={trouble === undefined ? "waiting" : "trouble"} role="status">
          {trouble ?? "Reading …"}
        </p>
      </main>
    );
  const folders = id.split("/");
  const name = folders.pop();
  const progress = progressOf(run);
  return (
    <main class="wide">
      <div class="heading run-heading">
        <div>
          <p class="quiet crumbs">
            <a href="/">Runs</a>
            {folders.map((folder, i) => (
              <span key={folders.slice(0, i + 1).join("/")}> / {folder}</span>
            ))}
          </p>
          <h1 class="name">{name}</h1>
          <p class="facts">
            <StateMark state={run.state} />
            {[run.recipe, run.data, run.seed === null ? "" : `seed ${run.seed}`]
              .filter(Boolean)
              .map((fact) => (
                <span key={fact}>{fact}</span>
              ))}
          </p>
        </div>
        <Actions run={run} onDone={again} />
      </div>
      <section class="card doing" aria-label="What it is doing">
        <p role="status">{doing(run)}</p>
        {progress === undefined ? null : <progress value={progress} max={1} aria-label="progress" />}
        {run.read.bytes < run.read.of ? (
          <p class="quiet">Reading its events: {Math.floor((100 * run.read.bytes) / run.read.of)} %</p>
        ) : null}
        {trouble === undefined ? null : (
          <p class="trouble" role="alert">
            {trouble}
          </p>
        )}
      </section>
      <Findings run={run} />
      <div class="columns">
        <Samples run={run} />
        <Curves run={run} />
      </div>
      <Scores run={run} />
      <Settings run={run} />
    </main>
  );
}

function Scores({ run }: { readonly run: RunJson }) {
  if (run.scores.length === 0) return null;
  return (
    <section aria-labelledby="scores">
      <h2 id="scores">Scores</h2>
      <Wide label="Table of scores">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">score</th>
              <th scope="col" class="number">
                value
              </th>
              <th scope="col" class="number">
                ±
              </th>
              <th scope="col" class="number">
                iteration
              </th>
              <th scope="col">note</th>
            </tr>
          </thead>
          <tbody>
            {run.scores.map(({ name, better, value, deviation, iteration, note }) => (
              <tr key={name}>
                <th scope="row">
                  {name} {better === "lower" ? "↓" : "↑"}
                  {run.best?.name === name ? (
                    <span class="badge">best at {whole(run.best.iteration)}</span>
                  ) : null}
                </th>
                <td class="number">{shortNumber(value)}</td>
                <td class="number">{deviation === null ? "" : shortNumber(deviation)}</td>
                <td class="number">{iteration === null ? "" : whole(iteration)}</td>
                <td class="quiet">{note}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
