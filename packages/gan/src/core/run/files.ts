import { z } from "zod";
import { RunError, UsageError } from "../base/errors.js";
import { checkDepth } from "../base/setting.js";
import { expectation } from "../base/validate.js";
import type { Config } from "../config/schema.js";
import type { DataShape } from "../nets/sample.js";
import type { UsedSource } from "./imports.js";

/** What config.json holds. */
export interface RunRecord {
  readonly gantry: string;
  readonly torch: string;
  readonly node: string;
  /** The commit of the folder the run was started in; null outside of git. */
  readonly commit: string | null;
  readonly created: string;
  /** The run and iteration it was forked from. */
  readonly forkedFrom?: { readonly run: string; readonly iteration: number };
  /** What the data asked of the networks, and how many items there were: a run can be sampled where its data is not. */
  readonly data?: DataShape & { readonly count?: number; readonly classNames?: readonly string[] };
  /** Where the data was, absolutely, where the configuration has its path relative to the run. */
  readonly dataPath?: string;
  /** The same of its file of labels. */
  readonly labelsPath?: string;
  /** Threads that it began with: another number gives other bits. */
  readonly threads?: number;
  /** What it is made of that came from outside Gantry, and where that came from. */
  readonly imports?: readonly UsedSource[];
  readonly config: Config;
}

// What is read of a run's JSON files, checked where it is read: they may be of another version, or damaged by hand.

const count = z.int().min(0);

const recordSchema = z.looseObject({
  gantry: z.string().default("unknown"),
  torch: z.string().default("unknown"),
  node: z.string().default("unknown"),
  commit: z.string().nullable().default(null),
  created: z.string().default("unknown"),
  forkedFrom: z.looseObject({ run: z.string(), iteration: count }).optional(),
  data: z
    .looseObject({
      kind: z.enum(["images", "points"]),
      shape: z.array(z.int().min(1)).min(1).max(4),
      classes: z.int().min(1).optional(),
      classNames: z.array(z.string()).optional(),
    })
    .optional(),
  dataPath: z.string().optional(),
  labelsPath: z.string().optional(),
  threads: z.int().min(1).optional(),
  imports: z
    .array(
      z.looseObject({
        parts: z.array(z.string()),
        path: z.string().optional(),
        beside: z.string().optional(),
        package: z.string().optional(),
        version: z.string().optional(),
        files: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  config: z.looseObject({}),
});

const heartbeatSchema = z.looseObject({
  pid: z.int().min(1),
  host: z.string(),
  time: z.string(),
  iteration: count,
  state: z.enum(["running", "done", "stopped", "failed"]),
});

const bestSchema = z.looseObject({
  iteration: count,
  name: z.string(),
  value: z.number(),
  better: z.enum(["lower", "higher"]),
});

const stateSchema = z.looseObject({
  iteration: count,
  imagesSeen: count,
  loader: z
    .looseObject({
      seed: z.number(),
      epoch: count,
      position: count,
      digest: z.string(),
      dataset: z.string(),
      random: z.looseObject({ words: z.array(z.number()), spare: z.number().nullable() }),
    })
    .nullable(),
  random: z.string(),
  defaultRandom: z.string(),
  processorRandom: z.string().optional(),
  kernels: z.array(z.string()).optional(),
  format: z.number(),
  files: z.record(z.string(), z.string()),
  numbers: z.record(z.string(), z.record(z.string(), z.number())),
});

/** A value if it is as a schema says; undefined if not. */
const ifValid = (schema: z.ZodType, value: unknown): unknown => {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
};

/** What heartbeat.json says; undefined for what no heartbeat is. */
export const heartbeatOf = (value: unknown): unknown => ifValid(heartbeatSchema, value);

/** What best.json says; undefined for what names no checkpoint. */
export const bestOf = (value: unknown): unknown => ifValid(bestSchema, value);

/**
 * `config.json` as it is written.
 * @throws RunError naming what is not as it must be
 */
export function checkRecord(file: string, value: unknown): z.output<typeof recordSchema> {
  checkDepth(value, file);
  return checked(recordSchema, file, value, "not the config.json of a run");
}

/**
 * state.json of a checkpoint, as it stands in the file.
 * @throws RunError naming what is not as it must be
 */
export function checkState(file: string, value: unknown): unknown {
  checked(stateSchema, file, value, "damaged");
  return value;
}

function checked<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  value: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = issue === undefined || issue.path.length === 0 ? "it" : issue.path.map(String).join(".");
  const why = issue === undefined ? "" : ` (${expectation(issue)})`;
  throw new RunError(`${file}: ${what}: ${at} is not as Gantry writes it${why}`);
}

/**
 * What is wrong with a run that cannot be understood, where its writer is why.
 * @returns the error, or one that says that a newer Gantry has written the run
 */
export function blameVersion(error: unknown, file: string, writer: string, own: string): unknown {
  if (!isNewer(writer, own)) return error;
  return new UsageError(
    `${file}: written by Gantry ${writer}, which is newer than this one (${own}): update Gantry to read it`,
    { cause: error },
  );
}

function isNewer(version: string, than: string): boolean {
  const parts = (text: string) => text.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [parts(version), parts(than)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
