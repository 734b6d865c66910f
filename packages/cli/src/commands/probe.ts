import { defineCommand } from "../command.js";
import { wholeNumber } from "../numbers.js";
import { type ImportOptions, importForRuns, importOption } from "../parts.js";
import { amount, scalar } from "../render/format.js";
import { tableBlocks } from "../render/table.js";
import { dataOf, type MovedDataOptions, movedDataOptions, parseRun } from "../settings.js";

interface Options extends MovedDataOptions, ImportOptions {
  readonly iterations?: string;
}

export default defineCommand<Options>({
  name: "probe",
  summary: "look at a run's discriminator: gradient angles and score gaps",
  description:
    "Looks at the discriminator of a run: the angle between its gradients on reals and on fakes, and how far apart their " +
    "scores are before and after an update (adaptive weighted discriminator, figures 4 and 5). It trains on from a " +
    "checkpoint for a few iterations in memory; the run stays as it is.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    { flags: "--iterations <n>", description: "to look at; default 20" },
    ...movedDataOptions,
    importOption,
    { flags: "--json", description: "print one line of JSON, with a value for every iteration" },
  ],
  examples: [
    ["gantry probe runs/dcgan-fashion-mnist-0", "at its newest checkpoint"],
    ["gantry probe runs/gan-ring-0@1000 --iterations 100", "at an earlier one, for longer"],
  ],
  async run(output, [name = ""], { iterations, ...moved }) {
    const wanted = wholeNumber("--iterations", iterations, 1);
    const { probeRun } = await import("@gantry/gan");
    const { dataProgress } = await import("../training.js");
    const { path, iteration } = await parseRun(name);
    await importForRuns([path], moved, "probe", output);
    const probe = await probeRun(path, {
      iteration,
      iterations: wanted,
      data: await dataOf(moved),
      context: dataProgress(output),
    });
    if (output.json) {
      output.printJson({ event: "probe", run: path, ...probe });
      return 0;
    }
    const rows = Object.entries(probe.series).map(([what, values]) => [
      what,
      ...[
        values.reduce((sum, value) => sum + value, 0) / values.length,
        Math.min(...values),
        Math.max(...values),
      ].map(scalar),
    ]);
    const count = Math.max(...Object.values(probe.series).map(({ length }) => length));
    output.print(
      [
        `${path}: ${amount(count, "iterations")} from ${probe.iteration}; angles in degrees, scores before the sigmoid`,
        ...tableBlocks(
          ["discriminator", "mean", "least", "greatest"],
          rows,
          output.columns,
          output.style.good,
        ),
      ].join("\n"),
    );
    return 0;
  },
});
