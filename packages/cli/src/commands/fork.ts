import { basename, dirname, join, resolve } from "node:path";
import { defineCommand } from "../command.js";
import { parseRun, type SettingOptions, settingOptions, settingsOf, unusedPath } from "../settings.js";

interface Options extends SettingOptions {
  readonly out?: string;
}

export default defineCommand<Options>({
  name: "fork",
  summary: "a new run that begins with another's checkpoint, under other settings",
  description:
    "Begins a new run with a checkpoint of another, under other settings. Networks, optimizers and the place in the " +
    "data are taken along; the run that is forked stays as it is.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    { flags: "--out <dir>", description: "the new run directory; default RUN-fork" },
    ...settingOptions.filter(({ flags }) => !/^--(data|strict|seed)\b/.test(flags)),
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry fork runs/gan-ring-0 --set steps=10000", "train for longer"],
    [
      "gantry fork runs/gan-ring-0@2000 --out runs/slow --set optimizers.default.learningRate=1e-5",
      "go another way from iteration 2000",
    ],
  ],
  async run(output, [name = ""], options) {
    const { forkRun, merge, RunDirectory, UsageError, validateConfig } = await import("@gantry/gan");
    const { path, iteration } = await parseRun(name);
    const directory = await RunDirectory.open(path);
    const from = await directory.checkpoint(iteration);
    const settings = await settingsOf(options);
    const config = await validateConfig(
      settings.reduce(merge, directory.config as Parameters<typeof merge>[0]),
    );
    if (from.iteration >= config.steps)
      throw new UsageError(
        `the checkpoint is at iteration ${from.iteration}, and ${config.steps} are planned; give more with --set steps=${2 * from.iteration}`,
      );
    const out = options.out ?? (await unusedPath(join(dirname(path), `${basename(resolve(path))}-fork`)));
    const { trainAndShow } = await import("../training.js");
    return await trainAndShow(output, out, (context) => forkRun(path, from.iteration, config, out, context));
  },
});
