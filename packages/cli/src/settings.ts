import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { CheckpointChoice, Config, DataContext, JsonObject, RunClaim } from "@gantry/gan";
import type { CommandOption } from "./command.js";
import { UsageProblem } from "./errors.js";
import type { Output } from "./output.js";

/** Flags that stand for settings. What they may be is checked with all other settings, in one place. */
export const settingOptions: readonly CommandOption[] = [
  { flags: "--data <name|path>", description: "data set by name, or a folder or file" },
  { flags: "--strict", description: "refuse broken images of a folder or zip instead of leaving them out" },
  { flags: "--steps <n>", description: "iterations: turns of the whole schedule" },
  { flags: "--batch <n>", description: "samples in a batch" },
  { flags: "--seed <n>", description: "of initial weights, data order and latents" },
  { flags: "--device <device>", description: "cpu, cuda, cuda:N or mps" },
  { flags: "--precision <type>", description: "float32 or bfloat16" },
  { flags: "--threads <n>", description: "threads an operator may use" },
  {
    flags: "--set <path=value>",
    description: "any other setting, as schedule.discriminatorSteps=5; repeatable",
    repeats: true,
  },
];

export interface SettingOptions {
  readonly data?: string;
  readonly strict?: boolean;
  readonly steps?: string;
  readonly batch?: string;
  readonly seed?: string;
  readonly device?: string;
  readonly precision?: string;
  readonly threads?: string;
  readonly set?: readonly string[];
}

/** The settings that flags stand for, in order: `--set` has the last word. */
export async function settingsOf(options: SettingOptions): Promise<JsonObject[]> {
  const { parseSetting, parseValue } = await import("@gantry/gan");
  const settings: JsonObject[] = [];
  // Another data set has other options: those of the recipe's own go away.
  if (options.data !== undefined) settings.push({ data: null }, { data: await dataSetting(options.data) });
  if (options.strict === true) settings.push({ data: { strict: true } });
  for (const key of ["steps", "batch", "seed", "threads"] as const) {
    const value = options[key];
    if (value !== undefined) settings.push({ [key]: parseValue(value) });
  }
  for (const key of ["device", "precision"] as const) {
    const value = options[key];
    if (value !== undefined) settings.push({ [key]: value });
  }
  return [...settings, ...(options.set ?? []).map(parseSetting)];
}

/** `--data` for a run that has its data already. */
export const movedDataOption: CommandOption = {
  flags: "--data <name|path>",
  description: "where the run's data is now, or other data",
};

/** What {@link movedDataOption} names; undefined where it is not given. */
export async function dataOf(text: string | undefined): Promise<JsonObject | undefined> {
  if (text === "") throw new UsageProblem("--data is empty; name a data set, a folder or a file");
  return text === undefined ? undefined : await dataSetting(text);
}

/** A known name, or an absolute path: a run goes on from whatever folder it is resumed in. */
async function dataSetting(text: string): Promise<JsonObject> {
  const { datasets } = await import("@gantry/gan");
  if ((await datasets.all()).has(text)) return { name: text };
  const isPath = /[\\/]/.test(text) || (await stat(text).catch(() => undefined)) !== undefined;
  return isPath ? { path: resolve(text) } : { name: text };
}

/** `runs/dcgan-fashion-mnist-0`: what a run is called where the user does not say; where that is taken, with a number. */
export function defaultRunPath(config: Config): string {
  const data = config.data.name ?? basename(config.data.path ?? "data").replace(/\.\w+$/, "");
  const name = [config.recipe, data, String(config.seed)].join("-").replace(/[^\w.-]+/g, "-");
  return join("runs", name);
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
  const { claimRun, claimUnused } = await import("@gantry/gan");
  const options = { signal: context.signal, onWait: reporter.note };
  return out === undefined ? await claimUnused(base, options) : await claimRun(out, options);
}

/** Terms as they are added and taken out of a recipe or a run. */
export const termOptions: readonly CommandOption[] = [
  {
    flags: "--with <term[:key=value,...]>",
    description: "add a term, see 'gantry terms'; repeatable",
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
