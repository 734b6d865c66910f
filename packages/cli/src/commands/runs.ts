import { defineCommand } from "../command.js";
import { overviewsIn, RUNS } from "../overviews.js";

export default defineCommand({
  name: "runs",
  summary: "list runs: what each does now, how far it is, its last score, what was found",
  description:
    "Lists the runs in a folder, those in its folders too (of sweeps and studies): running; stalled, where a run that says " +
    "it runs has given no sign of life; finished; stopped; failed. Nothing is written, and no engine is loaded.",
  arguments: [{ name: "[dir]", description: `where the runs are; default ${RUNS}` }],
  options: [
    { flags: "--json", description: "print one JSON object: runs, each with path, state, iteration, ..." },
  ],
  examples: [
    ["gantry runs", "those in the folder runs"],
    ["gantry runs runs/sweep-ring", "those of a sweep"],
    ["gantry runs --json", "for a program"],
  ],
  async run(output, [folder = RUNS]) {
    const runs = await overviewsIn(folder);
    if (output.json) {
      output.printJson({ runs });
      return 0;
    }
    const [{ describeStates, runTable }, { amount }] = await Promise.all([
      import("../render/runs.js"),
      import("../render/format.js"),
    ]);
    if (runs.length === 0) {
      output.print(`${folder}: no runs`);
      return 0;
    }
    output.print(runTable(runs, { width: output.columns, now: Date.now(), style: output.style }).join("\n"));
    output.print(`${amount(runs.length, "runs")}: ${describeStates(runs)}`);
    return 0;
  },
});
