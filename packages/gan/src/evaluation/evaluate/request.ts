import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Tensor } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import type { Json, JsonObject } from "../../core/base/json.js";
import { optionsOf, parseOption, splitOutside } from "../../core/base/setting.js";
import { type Dataset, datasets } from "../../core/data/index.js";
import type { DatasetSpec } from "../../core/data/open.js";
import type { DataShape } from "../../core/nets/sample.js";
import { type CheckpointChoice, RunDirectory } from "../../core/run/directory.js";
import type { ExtractionOptions } from "../metrics/features/extractor.js";
import type { Quantisation } from "../metrics/images.js";

/** A run's generator: it makes as many samples as are asked for. */
export interface RunSubject {
  readonly kind: "run";
  readonly path: string;
  /** The checkpoint; default the newest. */
  readonly iteration?: CheckpointChoice | undefined;
  /** Default the averaged weights where the run has them. */
  readonly weights?: "ema" | "raw" | undefined;
  /** Numbers of latents further than this from 0 are drawn anew (BigGAN); default none are. */
  readonly truncation?: number | undefined;
  /** How far intermediate latents are let from their mean, as a factor (StyleGAN); default 1. */
  readonly psi?: number | undefined;
  /** Batches that batch norm's statistics are made anew of (BigGAN's standing statistics); default as the run keeps them. */
  readonly standing?: number | undefined;
  /** Where what it was trained on is now, or other data: `{ path }` or `{ name }`. */
  readonly data?: JsonObject | undefined;
}

/** A data set by name, or images by path. */
export interface DataSubject {
  readonly kind: "data";
  readonly spec: DatasetSpec;
}

/** A data set that is open already, or was made in memory. */
export interface OpenSubject {
  readonly kind: "dataset";
  readonly dataset: Dataset;
}

/** A file of one array (.npy, or another that readArrays() reads): images N,H,W,C or N,C,H,W or N,H,W, bytes or floats in [-1, 1] or [0, 1]; or points N,2. */
export interface ArraySubject {
  readonly kind: "array";
  readonly path: string;
}

/** A generator in memory. */
export interface GeneratedSubject {
  readonly kind: "generator";
  readonly name: string;
  readonly data: Pick<DataShape, "kind" | "shape">;
  /**
   * Begins the samples of a seed. What it returns is called with how many to make next: N,C,H,W in [-1, 1], or points
   * N,D; the caller owns them.
   */
  begin(seed: number): (count: number) => Tensor;
}

/** What can be compared with: anything but a generator. */
export type Reference = DataSubject | OpenSubject | ArraySubject;
export type Subject = RunSubject | GeneratedSubject | Reference;

/** A metric by name, with those of its options that are not left at their defaults. */
export interface MetricRequest {
  readonly name: string;
  readonly options?: JsonObject | undefined;
}

/** What to evaluate, and how. */
export interface EvaluationRequest {
  readonly subject: Subject;
  /** Real images or points. Default for a run: what it was trained on; for others none. */
  readonly against?: Reference | undefined;
  /** Held-out real images, for metrics that judge them. Default: the test split of what `against` is the training split of. */
  readonly test?: Reference | undefined;
  /** Default: fid, kid, is, prdc for images (is alone without `against`), points for points. */
  readonly metrics?: readonly MetricRequest[] | undefined;
  /** Of the subject. Default: all there are; of a generator 10,000 images or 2500 points. */
  readonly samples?: number | undefined;
  /** Of `against`. Default: all there are. */
  readonly realSamples?: number | undefined;
  /** Whole evaluations, each with seeds of its own. Default 1. */
  readonly repeats?: number | undefined;
  /**
   * Repeat r draws latents, samples and subsets by seed + r. Default 0 for latents and samples, and what the reference
   * codes have (2020) for subsets and splits.
   */
  readonly seed?: number | undefined;
  /** Name of a feature network. Default: Inception where its weights are, else the classifier of such data. */
  readonly network?: string | undefined;
  /** How generated images and floats become bytes. */
  readonly quantisation?: Quantisation | undefined;
  readonly resize?: ExtractionOptions["resize"];
  readonly colour?: ExtractionOptions["colour"];
}

/**
 * `fid,kid:subsets=10,subsetSize=500,is` as metrics with options: a part with `=` belongs to the metric before it.
 * @throws UsageError an option before any metric, an empty name, a metric named twice
 */
export function parseMetrics(text: string): MetricRequest[] {
  const found: { name: string; options: JsonObject }[] = [];
  for (const part of splitOutside(text)) {
    const [, name, first] = /^([^:=]*)(?::(.*))?$/s.exec(part) ?? [];
    if (name === undefined) {
      const last = found.at(-1);
      if (last === undefined)
        throw new UsageError(`'${part}' is an option of no metric; write NAME:key=value`);
      const [key, value] = parseOption(part, last.name);
      last.options = optionsOf(
        [...Object.entries(last.options), [key, value]] as [string, Json][],
        last.name,
      );
      continue;
    }
    if (name === "") throw new UsageError(`'${text}' names no metrics; write NAME,NAME:key=value,NAME`);
    if (found.some((other) => other.name === name)) throw new UsageError(`the metric ${name} is named twice`);
    found.push({ name, options: first === undefined ? {} : Object.fromEntries([parseOption(first, name)]) });
  }
  return found;
}

const SPLITS = ["train", "val", "test", "all", "unlabeled"];

/**
 * A word of the command line: a run's folder (`RUN`, `RUN@STEP`, `RUN@best`), a file of one array (.npy), a data set's name or a path of images,
 * alone or with a split or options behind a colon (`mnist:test`, `photos:size=32`).
 */
export async function parseSubject(text: string, cwd = process.cwd()): Promise<RunSubject | Reference> {
  if (text.trim() === "")
    throw new UsageError("a name is empty; give a run, a data set, images or a .npy file");
  const [, run = text, step] = /^(.+)@(\d+|best)$/.exec(text) ?? [];
  for (const [path, iteration] of [
    [text, undefined],
    [run, step === undefined || step === "best" ? step : Number(step)],
  ] as const)
    if (await isFile(join(resolve(cwd, path), "config.json"))) return { kind: "run", path, iteration };
  return await parseReference(text, cwd);
}

/** What to compare with: as {@link parseSubject}, a run standing for the data that it was trained on. */
export async function parseAgainst(text: string, cwd = process.cwd()): Promise<Reference> {
  if (text.trim() === "")
    throw new UsageError("what to compare with is empty; give a data set, a run, images or a .npy file");
  const named = await parseSubject(text, cwd);
  if (named.kind !== "run") return named;
  const { config } = await RunDirectory.open(resolve(cwd, named.path));
  const { path } = config.data;
  if (path !== undefined && !(await exists(path)))
    throw new UsageError(
      `${path}: the data of ${named.path} is not there any more; say where it is now: --against PATH`,
    );
  return { kind: "data", spec: config.data as DatasetSpec };
}

/** As {@link parseSubject}, where a run makes no sense. */
export async function parseReference(text: string, cwd = process.cwd()): Promise<Reference> {
  if (text.trim() === "") throw new UsageError("a name is empty; give a data set, images or a .npy file");
  if (/\.(npy|npz|pth|pt|ckpt|safetensors|pth\.tar)$/i.test(text)) return { kind: "array", path: text };
  const colon = text.lastIndexOf(":");
  const known = await datasets.all();
  if (known.has(text) || colon < 1 || (await exists(resolve(cwd, text)))) return { kind: "data", spec: text };
  // Options may hold colons themselves.
  const first = text.indexOf(":");
  const at = known.has(text.slice(0, first)) ? first : colon;
  const [name, rest] = [text.slice(0, at), text.slice(at + 1)];
  const options = SPLITS.includes(rest)
    ? { split: rest }
    : optionsOf(
        splitOutside(rest).map((part) => parseOption(part, name)),
        name,
      );
  const isPath = !known.has(name) && (/[\\/]/.test(name) || (await exists(resolve(cwd, name))));
  return { kind: "data", spec: isPath ? { path: name, ...options } : { name, ...options } };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
