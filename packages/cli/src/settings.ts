import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { CheckpointChoice, Config, DataContext, FitOptions, JsonObject, Project } from "@gantry/gan";
import type { RunClaim } from "@gantry/gan/run";
import type { CommandOption } from "./command.js";
import { UsageProblem } from "./errors.js";
import type { Output } from "./output.js";
import { shellWord } from "./render/format.js";

/** Flags that stand for settings. What they may be is checked with all other settings, in one place. */
export const settingOptions: readonly CommandOption[] = [
  { flags: "--data <name|path>", description: "data set by name, or a folder or file" },
  {
    flags: "--labels <file>",
    description: "classes of images: CSV of file,label, or JSON as StyleGAN's dataset.json",
  },
  {
    flags: "--strict",
    description: "refuse files that are no images, or broken, instead of leaving them out",
  },
  { flags: "--steps <n>", description: "iterations: turns of the whole schedule" },
  { flags: "--batch <n>", description: "samples of an update; schedule.accumulate=N takes them in N parts" },
  { flags: "--seed <n>", description: "of initial weights, data order and latents" },
  { flags: "--device <device>", description: "cpu, cuda, cuda:N or mps" },
  { flags: "--precision <type>", description: "float32 or bfloat16" },
  { flags: "--threads <n>", description: "threads an operator may use" },
  {
    flags: "--set <path=value>",
    description:
      "any other setting, as schedule.discriminatorSteps=5; repeatable. Numbers may change: optimizers.default.learningRate=2e-4..0@100epochs",
    repeats: true,
  },
];

export interface SettingOptions {
  readonly data?: string;
  readonly labels?: string;
  readonly strict?: boolean;
  readonly steps?: string;
  readonly batch?: string;
  readonly seed?: string;
  readonly device?: string;
  readonly precision?: string;
  readonly threads?: string;
  readonly set?: readonly string[];
}

/** The settings that flags and `--set` stand for. */
export async function settingsOf(options: SettingOptions): Promise<JsonObject[]> {
  const { parseSetting, parseValue } = await import("@gantry/gan");
  const settings: JsonObject[] = [];
  // Another data set has other options: those of the recipe's own go away.
  if (options.data !== undefined) settings.push({ data: null }, { data: await dataSetting(options.data) });
  if (options.labels !== undefined) settings.push({ data: { labels: labelsSetting(options.labels) } });
  if (options.strict === true) settings.push({ data: { strict: true } });
  for (const key of ["steps", "batch", "seed", "threads"] as const) {
    const value = options[key];
    if (value !== undefined) settings.push({ [key]: parseValue(value, `--${key}`) });
  }
  for (const key of ["device", "precision"] as const) {
    const value = options[key];
    if (value !== undefined) settings.push({ [key]: value });
  }
  return [...settings, ...(options.set ?? []).map(parseSetting)];
}

/** What a project's file says of every training, as settings. */
export async function defaultsOf({
  out: _,
  data,
  settings,
  ...others
}: Project["train"]): Promise<JsonObject[]> {
  const own = data === undefined ? [] : [{ data: null }, { data: await dataSetting(data) }];
  return [...own, others, settings ?? {}];
}

/**
 * The options, with the data that was named behind the recipe, as `--data` names it.
 * @param words what stands behind the recipe
 */
export function withDataNamed<Options extends SettingOptions>(
  options: Options,
  words: readonly string[],
): Options {
  const [data, ...more] = words;
  if (data === undefined) return options;
  const all = [...(options.data === undefined ? [] : [options.data]), data, ...more];
  if (all.length > 1) {
    throw new UsageProblem(
      `'${all.join("' and '")}' are several data sets; give one, and a path with spaces in quotes: --data ${shellWord(all.join(" "))}`,
    );
  }
  const setting = /^[A-Za-z][\w.]*=/.exec(data);
  if (setting !== null && !existsSync(data))
    throw new UsageProblem(`'${data}' is no data set; a setting is given by --set ${shellWord(data)}`);
  return { ...options, data };
}

/** `--data` and `--labels` for a run that has its data already. */
export const movedDataOptions: readonly CommandOption[] = [
  { flags: "--data <name|path>", description: "where the run's data is now, or other data" },
  { flags: "--labels <file>", description: "where the file of its labels is now, or another one" },
];

export type MovedDataOptions = Pick<SettingOptions, "data" | "labels">;

/** What {@link movedDataOptions} name; undefined where none is given. */
export async function dataOf({ data, labels }: MovedDataOptions): Promise<JsonObject | undefined> {
  if (data === undefined && labels === undefined) return undefined;
  return {
    ...(data === undefined ? {} : await dataSetting(data)),
    ...(labels === undefined ? {} : { labels: labelsSetting(labels) }),
  };
}

function labelsSetting(text: string): string {
  if (text.trim() === "") throw new UsageProblem("--labels is empty; name a file of labels");
  return resolve(text);
}

/** A known name, or an absolute path: a run goes on from whatever folder it is resumed in. */
export async function dataSetting(text: string): Promise<JsonObject> {
  if (text.trim() === "")
    throw new UsageProblem("--data is empty; give a data set's name ('gantry data' lists them) or a path");
  const { dataNamed } = await import("@gantry/gan/data");
  return await dataNamed(text);
}

/**
 * `runs/sngan+infomax-cifar10-0`: what a run is called where the user does not say; where that is taken, with a number.
 * @param added terms as they are called in the configuration
 */
export function defaultRunPath(
  config: Config,
  folder = "runs",
  { with: added = [], without = [] }: Composed = {},
): string {
  const data = config.data.name ?? basename(config.data.path ?? "data").replace(/\.\w+$/, "");
  const composition = [
    config.recipe,
    ...added.map(({ name }) => `+${name}`),
    ...without.map((name) => `-no-${name}`),
  ];
  const name = [composition.join(""), data, String(config.seed)].join("-").replace(/[^\w.+-]+/g, "-");
  return join(folder, name);
}

/** What was added to a recipe and taken out of it. */
export interface Composed {
  readonly with?: readonly { readonly name: string }[];
  readonly without?: readonly string[] | undefined;
}

/**
 * Takes the folder of a new run before anything else is done: the one that the user names, or the first free one of
 * `base`, `base-2`, `base-3`.
 */
export async function claim(
  out: string | undefined,
  base: string,
  { reporter }: Output,
  context: Partial<DataContext>,
): Promise<RunClaim> {
  const { claimRun, claimUnused } = await import("@gantry/gan/run");
  const options = { signal: context.signal, onWait: reporter.note };
  return out === undefined ? await claimUnused(base, options) : await claimRun(out, options);
}

/** As fitToData(), for a run whose folder is taken: where that fails, the folder is given back. */
export async function fitAt(
  place: RunClaim,
  config: Config,
  context: Partial<DataContext>,
  options: FitOptions,
): ReturnType<typeof import("@gantry/gan").fitToData> {
  const { fitToData } = await import("@gantry/gan");
  try {
    return await fitToData(config, context, options);
  } catch (error) {
    await place.abandon();
    throw error;
  }
}

/** Terms as they are added and taken out of a recipe or a run. */
export const termOptions: readonly CommandOption[] = [
  {
    flags: "--with <term[:key=value,...]>",
    description:
      "add a term, see 'gantry terms', or one of your own: ./dragan.ts, ./terms.ts#dragan; NAME=term under another name; repeatable",
    repeats: true,
  },
  { flags: "--without <term>", description: "take a term out; repeatable", repeats: true },
];

export interface TermOptions {
  readonly with?: readonly string[];
  readonly without?: readonly string[];
}

/** `RUN`, `RUN@STEP` or `RUN@best`. A folder that has such a name goes first. */
export async function parseRun(
  text: string,
): Promise<{ path: string; iteration: CheckpointChoice | undefined }> {
  const [, path = text, choice] = /^(.+)@(\d+|best)$/.exec(text) ?? [];
  if (choice === undefined || (await stat(text).catch(() => undefined)) !== undefined)
    return { path: text, iteration: undefined };
  return { path, iteration: choice === "best" ? choice : Number(choice) };
}
