import type { Json, JsonObject } from "@gantry/gan";
import { augmentOption, augmentTerms } from "../augment.js";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { checkFindings, type FindingOptions, findingOptions } from "../findings.js";
import { announce } from "../opening.js";
import type { Output } from "../output.js";
import { type ImportOptions, importOption, importOwn, parseTerms } from "../parts.js";
import { asRanks, type RankOptions, rankOptions, readRanks } from "../ranks.js";
import {
  claim,
  defaultRunPath,
  defaultsOf,
  fitAt,
  type SettingOptions,
  settingOptions,
  settingsOf,
  type TermOptions,
  termOptions,
  withDataNamed,
} from "../settings.js";
import {
  lengthSetting,
  type Shorthand,
  shorthandOptions,
  shorthandSettings,
  sizeOption,
} from "../shorthand.js";

interface Options extends SettingOptions, TermOptions, ImportOptions, Shorthand, FindingOptions, RankOptions {
  readonly config?: string;
  readonly preset?: string;
  readonly augment?: string | true;
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly profile?: boolean;
  readonly studio?: boolean;
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
    { name: "[recipe]", description: "see 'gantry recipes'; may be left out with --config" },
    { name: "[data...]", description: "the same as --data" },
  ],
  options: [
    { flags: "--preset <name>", description: "a variant of the recipe: small, for small machines" },
    ...termOptions,
    augmentOption,
    importOption,
    {
      flags: "--config <file>",
      description: "begin with a run's config.json, or with what --dry-run --json or recipes show printed",
    },
    ...shorthandOptions,
    sizeOption,
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
    ...findingOptions,
    { flags: "--out <dir>", description: "the run directory; default runs/RECIPE+TERM-DATA-SEED" },
    ...rankOptions,
    {
      flags: "--profile",
      description:
        "measure where the time goes: a table, and RUN/trace.json for chrome://tracing or Perfetto",
    },
    { flags: "--studio", description: "look at it in the browser meanwhile, see 'gantry studio'" },
    {
      flags: "--dry-run",
      description:
        "check everything, two iterations too; print the plan, with time, memory and disk; write nothing",
    },
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry train gan --preset small", "2-D points, on the processor in a minute"],
    ["gantry train dcgan --preset small --steps 500", "Fashion-MNIST, a first look"],
    ["gantry train dcgan photos --preset small --augment", "800 photos of your own, of any size"],
    ["gantry train wgan-gp --preset small --data photos --size 64", "your own images, cut to 64 by 64"],
    [
      "gantry train cgan --preset small --data photos --size 64 --labels labels.csv",
      "with classes from a file of file,label",
    ],
    ["gantry train gan --preset small --eval-every 1000", "with scores on the way, and the best kept"],
    ["gantry train dcgan --preset small --steps 5 --profile", "what an iteration spends its time on"],
    [
      "gantry train gan --preset small --with gradient-penalty:weight=1,sides=one",
      "a recipe with one more term",
    ],
    ["gantry train gan --preset small --with ./dragan.ts:weight=10", "a term of your own, see 'gantry new'"],
    ["gantry train dcgan --preset small --lr 1e-4 --epochs 20", "a recipe with other settings"],
    ["gantry train --config runs/gan-ring-0/config.json --seed 1", "a run's settings, with another seed"],
    ["gantry train dcgan --preset small --lr 2e-4..0@training:cosine", "a schedule"],
    ["gantry train dcgan --preset small --with r1:gamma=10..1@100kimg", "a penalty that fades"],
    ["gantry train sngan --preset small --processes 2", "by two processes, each with half of every batch"],
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
  announce(output, recipe, options);
  const { dataProgress, trainAndShow } = await import("../training.js");
  const { composeConfig, startRun } = await import("@gantry/gan");
  const { train: project } = await importOwn(options);
  const base = await baseOf(recipe, options, await defaultsOf(project));
  const added = await parseTerms(options.with);
  const settings = [
    ...(await settingsOf(options)),
    ...(await shorthandSettings(options, base)),
    ...(await evaluationSetting(options)),
  ];
  const compose = (more: readonly JsonObject[], augmentations: typeof added = []) =>
    composeConfig(base, {
      with: [...added, ...augmentations],
      without: options.without,
      settings: [...settings, ...more],
      strict: true,
    });
  const begun = await compose([]);
  const length = await lengthSetting(options, begun, dataProgress(output));
  const augmented = await augmentTerms(options.augment, begun);
  const config = length.length === 0 && augmented.length === 0 ? begun : await compose(length, augmented);
  const named = defaultRunPath(config, project.out, {
    with: [...added, ...augmented],
    without: options.without,
  });
  const keepBatch = settings.some((each) => "batch" in each);
  if (options.out === "") throw new UsageProblem("--out is empty; name a folder");
  await checkFindings(options);
  if (options.dryRun === true) {
    const { showPlan } = await import("../plan.js");
    return await showPlan(output, config, {
      path: options.out,
      named,
      keepBatch,
      ranks: await readRanks(options),
    });
  }
  const studio =
    options.studio === true ? new (await import("../studio/beside.js")).StudioBeside(output) : undefined;
  const status = await trainAndShow(
    output,
    async (context) => {
      const place = await claim(options.out, named, output, context);
      await studio?.show(place.path);
      const fitted = await fitAt(place, config, context, { keepBatch });
      return await startRun(fitted.config, place, context, fitted.dataset);
    },
    options.profile,
    options,
  ).finally(() => studio?.end());
  return status;
}

/**
 * What all else is laid upon: the recipe with its preset and a project's defaults, or the file of `--config`.
 * @throws UsageProblem
 */
async function baseOf(
  recipe: string,
  { config, preset }: Options,
  defaults: readonly JsonObject[],
): Promise<JsonObject> {
  if (config !== undefined) {
    const { readConfigFile } = await import("../configFile.js");
    const base = await readConfigFile(config);
    if (preset !== undefined)
      throw new UsageProblem(
        "--config has every setting already; leave --preset out, or change some by --set",
      );
    if (recipe !== "" && recipe !== base.recipe)
      throw new UsageProblem(
        `--config ${config} is of the recipe ${String(base.recipe)}, not ${recipe}; name one of the two`,
      );
    return base;
  }
  const { composeRecipe } = await import("@gantry/gan/catalogue");
  const { merge } = await import("@gantry/gan");
  return defaults.reduce(merge, await composeRecipe(recipe, preset));
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
