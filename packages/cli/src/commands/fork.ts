import { basename, dirname, join, resolve } from "node:path";
import { defineCommand } from "../command.js";
import type { Output } from "../output.js";
import { type ImportOptions, importForRuns, importOption, parseTerms } from "../parts.js";
import { asRanks, type RankOptions, rankOptions } from "../ranks.js";
import {
  claim,
  dataOf,
  fitAt,
  movedDataOptions,
  parseRun,
  type SettingOptions,
  settingOptions,
  settingsOf,
  type TermOptions,
  termOptions,
} from "../settings.js";
import {
  lengthSetting,
  type Shorthand,
  shorthandOptions,
  shorthandSettings,
  sizeOption,
} from "../shorthand.js";

interface Options extends SettingOptions, TermOptions, ImportOptions, Shorthand, RankOptions {
  readonly out?: string;
}

export default defineCommand<Options>({
  name: "fork",
  summary: "a new run that begins with another's checkpoint, under other settings or on other data",
  description:
    "Begins a new run with a checkpoint of another, with other terms, under other settings or on other data. Networks, " +
    "optimizers and the place in the data are taken along; parameters that are new or of another shape begin anew, with " +
    "their moments, and are named. The run that is forked stays as it is.",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    { flags: "--out <dir>", description: "the new run directory; default RUN-fork" },
    ...movedDataOptions,
    ...termOptions,
    importOption,
    ...shorthandOptions,
    sizeOption,
    ...settingOptions.filter(({ flags }) => !/^--(data|labels|strict|seed)\b/.test(flags)),
    ...rankOptions,
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry fork runs/gan-ring-0 --set steps=10000", "train for longer"],
    [
      "gantry fork runs/gan-ring-0@2000 --out runs/slow --set optimizers.default.learningRate=1e-5",
      "go another way from iteration 2000",
    ],
    ["gantry fork runs/dcgan-photos-0 --data more-photos --steps 50000", "fine-tune on other data"],
    ["gantry fork runs/gan-ring-0 --with packing --steps 10000", "go on with one more term"],
    ["gantry fork runs/gan-ring-0@0 --with packing", "the same from the beginning, as RUN@0"],
  ],
  run: (output, words, options) => asRanks(output, options, () => fork(output, words, options)),
});

async function fork(output: Output, [name = ""]: readonly string[], options: Options): Promise<number> {
  const { composeConfig, forkRun, listCheckpoints, RunDirectory, UsageError, validateConfig } = await import(
    "@gantry/gan"
  );
  const { withOtherData } = await import("@gantry/gan/run");
  const { path, iteration } = await parseRun(name);
  await importForRuns([path], options, "fork", output);
  const directory = await (await RunDirectory.open(path)).checkedBy(validateConfig);
  const known = await listCheckpoints(directory.checkpoints);
  const isBare = iteration === 0 || (iteration === undefined && known.length === 0);
  const from = isBare ? undefined : (await directory.checkpoint(iteration)).iteration;
  const { data: _, labels: __, ...others } = options;
  const data = await dataOf(options);
  const base =
    data === undefined
      ? directory.config
      : await withOtherData(directory.config, data, directory.record.data);
  const { dataProgress, trainAndShow } = await import("../training.js");
  const added = await parseTerms(options.with);
  const own = base as Parameters<typeof composeConfig>[0];
  const settings = [...(await settingsOf(others)), ...(await shorthandSettings(options, own))];
  const compose = (more: typeof settings) =>
    composeConfig(own, {
      with: added,
      without: options.without,
      settings: [...settings, ...more],
      strict: true,
    });
  const begun = await compose([]);
  const length = await lengthSetting(options, begun, dataProgress(output));
  const config = length.length === 0 ? begun : await compose(length);
  if (from !== undefined && from >= config.steps)
    throw new UsageError(
      `the checkpoint is at iteration ${from}, and ${config.steps} are planned; give more with --set steps=${2 * from}`,
    );
  const beside = join(dirname(path), `${basename(resolve(path))}-fork`);
  const keepBatch = [...settings, ...length].some((each) => "batch" in each);
  return await trainAndShow(output, async (context) => {
    const place = await claim(options.out, beside, output, context);
    // A run's own data fit it already.
    const fitted =
      data === undefined
        ? { config }
        : await fitAt(place, config, context, { keepBatch, putsOn: (name) => `--with ${name}` });
    return forkRun(path, isBare ? 0 : from, fitted.config, place, context);
  });
}
