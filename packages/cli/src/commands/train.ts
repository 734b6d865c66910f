import type { Json, JsonObject } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import type { Output } from "../output.js";
import { type ImportOptions, importOption, importOwn, parseTerms } from "../parts.js";
import { asRanks, type RankOptions, rankOption, readRanks } from "../ranks.js";
import {
  claim,
  defaultRunPath,
  defaultsOf,
  type SettingOptions,
  settingOptions,
  settingsOf,
  type TermOptions,
  termOptions,
  withDataNamed,
} from "../settings.js";

interface Options extends SettingOptions, TermOptions, ImportOptions, RankOptions {
  readonly preset?: string;
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly profile?: boolean;
  readonly evalEvery?: string;
  readonly metrics?: string;
  readonly evalSamples?: string;
  readonly best?: string;
}

export default defineCommand<Options>({
  name: "train",
  summary: "train a GAN by a recipe",
  description:
    "Trains a GAN by a recipe, into a new run directory: its configuration, every loss, pictures of samples and " +
    "checkpoints. Ctrl-C saves a checkpoint; 'gantry resume' goes on from there, to the bit. Evaluations run in a process " +
    "of their own while training goes on; one that is due while another is under way waits, training waits where more than " +
    "three do, and at the end all are awaited. Learning rates, betas, weights of terms, noise, D's steps and the average's decay may be schedules: " +
    "FROM..TO@LENGTH[:SHAPE], LENGTH in iterations, epochs, images, kimg or training (all of it), SHAPE linear, cosine or " +
    "steps.",
  arguments: [
    { name: "<recipe>", description: "see 'gantry recipes'" },
    { name: "[data...]", description: "the same as --data" },
  ],
  options: [
    { flags: "--preset <name>", description: "a variant of the recipe: small, for small machines" },
    ...termOptions,
    importOption,
    ...settingOptions,
    {
      flags: "--eval-every <n>",
      description: "evaluate every n iterations (or 10epochs, 200kimg), beside the training, and at the end",
    },
    { flags: "--metrics <list>", description: "of these evaluations; default: what 'gantry eval' takes" },
    { flags: "--eval-samples <n>", description: "generated for each; default 10000 images or 2500 points" },
    {
      flags: "--best <metric>",
      description: "keep the checkpoint best by this as RUN@best; default: the first",
    },
    { flags: "--out <dir>", description: "the run directory; default runs/RECIPE-DATA-SEED" },
    rankOption,
    {
      flags: "--profile",
      description:
        "measure where the time goes: a table, and RUN/trace.json for chrome://tracing or Perfetto",
    },
    {
      flags: "--dry-run",
      description: "check everything, a first iteration too, print the plan, and write nothing",
    },
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry train gan --preset small", "2-D points, on the processor in a minute"],
    ["gantry train dcgan --preset small --steps 500", "Fashion-MNIST, a first look"],
    ["gantry train wgan-gp --data photos.zip --set data.size=64", "your own images, cut to 64 by 64"],
    ["gantry train cgan --data photos --labels labels.csv", "with classes from a file of file,label"],
    ["gantry train dcgan --eval-every 1000 --metrics fid,is", "with scores on the way, and the best kept"],
    ["gantry train sngan --steps 5 --profile", "what an iteration spends its time on"],
    ["gantry train gan --with gradient-penalty:weight=1,sides=one", "a recipe with one more term"],
    ["gantry train gan --with ./dragan.ts:weight=10", "a term of your own, see 'gantry new'"],
    ["gantry train dcgan --set optimizers.default.learningRate=1e-4", "a recipe with another setting"],
    ["gantry train dcgan --set optimizers.generator.learningRate=2e-4..0@100epochs:cosine", "a schedule"],
    ["gantry train sngan --processes 2", "by two processes, each with half of every batch"],
    ["gantry train stylegan --with r1:gamma=10..1@2000kimg", "a penalty that fades"],
  ],
  async run(output, words, given) {
    if (given.dryRun === true) return await train(output, words, given);
    return await asRanks(output, given, () => train(output, words, given));
  },
});

async function train(
  output: Output,
  [recipe = "", ...words]: readonly string[],
  given: Options,
): Promise<number> {
  const options = withDataNamed(given, words);
  const { resolveConfig, startRun } = await import("@gantry/gan");
  const { train: project } = await importOwn(options);
  const config = await resolveConfig({
    recipe,
    preset: options.preset,
    defaults: await defaultsOf(project),
    with: await parseTerms(options.with),
    without: options.without,
    settings: [...(await settingsOf(options)), ...(await evaluationSetting(options))],
    strict: true,
  });
  if (options.out === "") throw new UsageProblem("--out is empty; name a folder");
  if (options.dryRun === true) {
    const { showPlan } = await import("../plan.js");
    return await showPlan(output, config, options.out, project.out, await readRanks(options));
  }
  const { trainAndShow } = await import("../training.js");
  return await trainAndShow(
    output,
    async (context) =>
      startRun(
        config,
        await claim(options.out, defaultRunPath(config, project.out), output, context),
        context,
      ),
    options.profile,
  );
}

/** The flags of evaluations during training, as a setting. */
async function evaluationSetting({ evalEvery, metrics, evalSamples, best }: Options): Promise<JsonObject[]> {
  const given = { metrics, "eval-samples": evalSamples, best };
  const lone = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (evalEvery === undefined) {
    if (lone === undefined) return [];
    throw new UsageProblem(`--${lone} is of evaluations during training: say how often by --eval-every`);
  }
  const { parseValue } = await import("@gantry/gan");
  const evaluation: Record<string, Json> = { every: parseValue(evalEvery, "--eval-every") };
  if (metrics !== undefined) evaluation.metrics = metrics;
  if (evalSamples !== undefined) evaluation.samples = parseValue(evalSamples, "--eval-samples");
  if (best !== undefined) evaluation.best = best;
  return [{ evaluation }];
}
