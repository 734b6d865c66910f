import { resolve } from "node:path";
import type { CheckedSpec } from "@gantry/gan/sweep";
import { UsageProblem } from "./errors.js";
import { wholeNumber } from "./numbers.js";
import type { SettingOptions, TermOptions } from "./settings.js";

/** What a sweep is made of, as flags say it. */
export interface SweepFlags extends SettingOptions, TermOptions {
  readonly preset?: string;
  readonly seeds?: string;
  readonly metrics?: string;
  readonly evalEvery?: string;
  readonly evalSamples?: string;
  readonly draws?: string;
  readonly drawSeed?: string;
  readonly halving?: string;
  readonly stopOn?: readonly string[];
}

/** The flags by their keys, for who gives them beside a file. */
const FLAGS: Readonly<Record<keyof Omit<SweepFlags, "seed">, string>> = {
  preset: "--preset",
  data: "--data",
  labels: "--labels",
  strict: "--strict",
  steps: "--steps",
  batch: "--batch",
  device: "--device",
  precision: "--precision",
  threads: "--threads",
  set: "--set",
  with: "--with",
  without: "--without",
  seeds: "--seeds",
  metrics: "--metrics",
  evalEvery: "--eval-every",
  evalSamples: "--eval-samples",
  draws: "--draws",
  drawSeed: "--draw-seed",
  halving: "--halving",
  stopOn: "--stop-on",
};

/**
 * A sweep by its file, or by recipes and flags, and what it is called where it does not say.
 * @param what a file, or recipes with commas between them
 * @throws UsageProblem, UsageError
 */
export async function readSpec(
  what: string,
  flags: SweepFlags,
): Promise<{ spec: CheckedSpec; name: string }> {
  const { namesSweepFile, readSweepFile } = await import("@gantry/gan/sweep");
  if (!namesSweepFile(what)) return await specOfFlags(what, flags);
  const beside = Object.entries(FLAGS).find(([key]) => flags[key as keyof SweepFlags] !== undefined)?.[1];
  if (beside !== undefined)
    throw new UsageProblem(
      `${beside}: the file says what is swept; write it into ${what}, or name recipes instead`,
    );
  return await readSweepFile(what);
}

async function specOfFlags(what: string, flags: SweepFlags): Promise<{ spec: CheckedSpec; name: string }> {
  const { checkSpec, parseAxis } = await import("@gantry/gan/sweep");
  const { parseValue } = await import("@gantry/gan");
  const recipes = listOf("the recipes", what);
  const draws = wholeNumber("--draws", flags.draws, 1);
  const drawSeed = wholeNumber("--draw-seed", flags.drawSeed, 0);
  if (drawSeed !== undefined && draws === undefined)
    throw new UsageProblem("--draw-seed is of random settings; say how many by --draws");
  const settings: Record<string, unknown> = {};
  const grid: Record<string, unknown> = {};
  const from: Record<string, unknown> = {};
  const put = (path: string, value: unknown, place: Record<string, unknown>) => {
    if ([settings, grid, from].some((each) => path in each))
      throw new UsageProblem(
        `${path} is set twice; give all its values in one --set, with commas between them`,
      );
    place[path] = value;
  };
  for (const key of ["steps", "batch", "threads"] as const)
    if (flags[key] !== undefined) put(key, parseValue(flags[key], FLAGS[key]), settings);
  for (const key of ["device", "precision"] as const)
    if (flags[key] !== undefined) put(key, flags[key], settings);
  if (flags.labels !== undefined) put("data.labels", resolve(flags.labels), settings);
  if (flags.strict === true) put("data.strict", true, settings);
  for (const text of flags.set ?? []) {
    const { path, values, range } = parseAxis(text);
    if (path === "seed")
      throw new UsageProblem("the seeds are given by --seeds, as --seeds 3 or --seeds 4,7");
    if (range !== undefined && draws === undefined)
      throw new UsageProblem(`${text}: a range is drawn from; say how many draws by --draws, or list values`);
    if (range !== undefined) put(path, range, from);
    else if (values.length === 1) put(path, values[0], settings);
    else put(path, values, draws === undefined ? grid : from);
  }
  if (draws !== undefined && Object.keys(from).length === 0)
    throw new UsageProblem("--draws: nothing to draw from; give a range or values, as --set batch=16,32,64");
  const written = {
    recipes,
    settings,
    grid,
    ...(draws === undefined ? {} : { draws: { count: draws, seed: drawSeed ?? 0, from } }),
    ...optional("preset", flags.preset),
    ...optional("with", flags.with),
    ...optional("without", flags.without),
    ...optional("data", flags.data),
    ...optional("seeds", flags.seeds === undefined ? undefined : seedsOf(flags.seeds)),
    ...optional("metrics", flags.metrics),
    ...optional(
      "evalEvery",
      flags.evalEvery === undefined ? undefined : parseValue(flags.evalEvery, "--eval-every"),
    ),
    ...optional("evalSamples", wholeNumber("--eval-samples", flags.evalSamples, 1)),
    ...optional("stopOn", flags.stopOn),
    ...optional("halving", flags.halving === undefined ? undefined : await halvingOf(flags.halving)),
  };
  const data = flags.data
    ?.replace(/[\\/]+$/, "")
    .replace(/^.*[\\/]/, "")
    .replace(/\.\w+$/, "");
  const name = [...recipes, ...(data === undefined ? [] : [data])].join("-").replace(/[^\w.-]+/g, "-");
  return { spec: checkSpec(written, ""), name };
}

const optional = (key: string, value: unknown) => (value === undefined ? {} : { [key]: value });

/** `3` as a count, `4,7` as seeds. */
function seedsOf(text: string): number | number[] {
  const words = listOf("--seeds", text);
  if (words.length === 1) return wholeNumber("--seeds", words[0], 1) as number;
  return words.map((word) => wholeNumber("--seeds", word, 0) as number);
}

/** `fid`, `fid:by=2,rounds=3`. */
async function halvingOf(text: string): Promise<object> {
  const colon = text.indexOf(":");
  if (colon < 0) return { metric: text };
  const { parseTerm } = await import("@gantry/gan");
  const { name, options } = parseTerm(text);
  return { ...options, metric: name };
}

function listOf(what: string, text: string): string[] {
  const words = text.split(",").map((each) => each.trim());
  if (words.includes(""))
    throw new UsageProblem(`${what}: '${text}' has an empty place; write them with commas between`);
  return words;
}
