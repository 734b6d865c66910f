import { defineCommand } from "../command.js";
import { wholeNumber } from "../numbers.js";
import { type ImportOptions, importForRuns, importOption } from "../parts.js";
import { amount, columns, scalar } from "../render/format.js";
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
    const meanings = Object.keys(probe.series).map((what) => [what, meaningOf(what)] as const);
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
        columns(meanings, output.columns),
      ].join("\n"),
    );
    return 0;
  },
});

/** What each row is, the first that its name begins with. */
const MEANINGS: readonly (readonly [prefix: string, meaning: string])[] = [
  [
    "angle/real-fake",
    "between D's gradients on reals and on fakes; above 90, what is learnt of one side is lost of the other",
  ],
  [
    "angle/",
    "between one side's gradient and the weighted sum that D follows; above 90, that side gets worse",
  ],
  [
    "probability/",
    "what D takes this side for: near 1 for reals, near 0 for fakes where D wins, 0.5 where it cannot tell",
  ],
  ["before/", "mean score of the batch's samples of this side before D's update"],
  ["after/", "the same samples' after it: reals should rise and fakes fall"],
  [
    "weights/case",
    "which case of adaptive weights' algorithm: 1 and 2 favour reals, 3 and 4 fakes, 5 neither",
  ],
  ["weights/", "how much this side's gradient counts"],
  ["gap/before", "reals' mean score less fakes', before D's update; far above 0, D wins"],
  ["gap/after", "the same after it; below `gap/before`, the update was too large or the sides fight"],
];

const meaningOf = (row: string): string => MEANINGS.find(([prefix]) => row.startsWith(prefix))?.[1] ?? "";
