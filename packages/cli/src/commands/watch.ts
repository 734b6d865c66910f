import { setTimeout } from "node:timers/promises";
import { defineCommand } from "../command.js";
import { overviewsIn, RUNS } from "../overviews.js";
import { amount } from "../render/format.js";
import { describeRun, describeStates, runTable } from "../render/runs.js";

/** Milliseconds between looks: writers give a sign of life as often. */
const INTERVAL = 2000;
/** Milliseconds between two lines about how far a run is, in a pipe. */
const PAUSE = 30_000;
/** Runs in a table that is drawn over: more would not fit into a small window. */
const MOST = 30;

export default defineCommand({
  name: "watch",
  summary: "the list of runs, live, until Ctrl-C",
  description:
    "Shows what 'gantry runs' lists, live: on a terminal a table that is drawn over; in a pipe a line for whatever changes; " +
    "with --json an object for each change.",
  arguments: [{ name: "[dir]", description: `where the runs are; default ${RUNS}` }],
  options: [
    { flags: "--json", description: "print a JSON object a line, as 'gantry runs --json', at each change" },
  ],
  examples: [
    ["gantry watch", "those in the folder runs"],
    ["gantry watch runs/sweep-ring", "those of a sweep"],
  ],
  async run(output, [folder = RUNS]) {
    const ending = new AbortController();
    const end = () => ending.abort();
    process.on("SIGINT", end).on("SIGTERM", end);
    const { reporter } = output;
    const told = new Map<string, { what: string; at: number }>();
    let before = "";
    try {
      while (!ending.signal.aborted) {
        const runs = await overviewsIn(folder);
        const now = Date.now();
        if (output.json) {
          const text = JSON.stringify(runs);
          if (text !== before) output.printJson({ runs });
          before = text;
        } else if (reporter.board !== undefined) {
          const rows = runTable(runs.slice(0, MOST), { width: output.columns - 1, now });
          const more = runs.length > MOST ? `, of which ${MOST} are shown` : "";
          reporter.board([...rows, `${amount(runs.length, "runs")}: ${describeStates(runs)}${more}`]);
        } else
          for (const run of runs) {
            const last = told.get(run.path);
            const what = [run.state, run.findings.length, run.score?.iteration].join();
            const isDue = last === undefined || last.what !== what || now - last.at >= PAUSE;
            if (!isDue || (last?.what === what && run.state !== "running")) continue;
            told.set(run.path, { what, at: now });
            output.print(describeRun(run));
          }
        await setTimeout(INTERVAL, undefined, { signal: ending.signal }).catch(() => {});
      }
      return 0;
    } finally {
      process.off("SIGINT", end).off("SIGTERM", end);
    }
  },
});
