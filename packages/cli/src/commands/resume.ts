import { defineCommand } from "../command.js";
import type { Output } from "../output.js";
import { type ImportOptions, importForRuns, importOption } from "../parts.js";
import { asRanks, type RankOptions, rankOptions } from "../ranks.js";
import { amount, shellWord } from "../render/format.js";
import { dataOf, type MovedDataOptions, movedDataOptions, parseRun } from "../settings.js";

type Options = MovedDataOptions & ImportOptions & RankOptions;

export default defineCommand<Options>({
  name: "resume",
  summary: "go on with a run from its last checkpoint",
  description:
    "Goes on with a run from its last checkpoint, the one at STEP, or the best one (RUN@best), to the end that was planned, and " +
    "makes up for evaluations that were waiting or interrupted. It gives the same bits as a run that was never interrupted. A run " +
    "that ended before its first checkpoint is trained from the beginning.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    ...movedDataOptions,
    importOption,
    ...rankOptions,
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry resume runs/dcgan-fashion-mnist-0", "from the newest checkpoint"],
    ["gantry resume runs/dcgan-fashion-mnist-0@500", "from an earlier one"],
    [
      "gantry resume runs/dcgan-fashion-mnist-0 --processes 2",
      "by two processes, whatever the number before",
    ],
    ["gantry resume runs/dcgan-photos-0 --data /mnt/photos", "where its data has moved"],
  ],
  run: (output, words, options) => asRanks(output, options, () => resume(output, words, options)),
});

async function resume(output: Output, [name = ""]: readonly string[], options: Options): Promise<number> {
  const { listCheckpoints, missedEvaluations, resumeRun, RunDirectory, UsageError } = await import(
    "@gantry/gan"
  );
  const { path, iteration } = await parseRun(name);
  await importForRuns([path], options, "resume", output);
  const data = await dataOf(options);
  const directory = await RunDirectory.open(path);
  const { steps } = directory.config;
  const known = await listCheckpoints(directory.checkpoints);
  const from = iteration === undefined ? known.at(-1) : (await directory.checkpoint(iteration)).iteration;
  const isTrained = from !== undefined && from >= steps;
  if (isTrained && (await missedEvaluations(directory, from)).length === 0)
    throw new UsageError(
      `${path}: its ${amount(steps, "iterations")} ${steps === 1 ? "is" : "are"} done; to go on, fork it: gantry fork ${shellWord(path)} --set steps=${2 * steps}`,
    );
  const { trainAndShow } = await import("../training.js");
  const { note: onWait } = output.reporter;
  return await trainAndShow(output, (context) => resumeRun(path, iteration, context, { data, onWait }));
}
