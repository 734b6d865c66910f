import { z } from "zod";
import { parseNumber } from "../core/base/number.js";
import { validate } from "../core/base/validate.js";

const json = z.json();
/** Settings by their paths, as `--set` has them. */
const settings = z.record(z.string().min(1), json);
const term = z.union([
  z.string().min(1),
  z.strictObject({ name: z.string(), term: z.string().optional(), options: z.record(z.string(), json) }),
]);
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const composition = z.strictObject({
  recipe: z.string().min(1),
  name: z.string().min(1).optional().describe("what it is called among the others; default: the recipe"),
  preset: z.string().optional(),
  with: z.array(term).default([]).describe("terms to add, as --with names them"),
  without: z.array(z.string()).default([]),
  settings: settings.default({}),
});

/** Where random draws of a number come from. */
const range = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    scale: z.enum(["linear", "log"]).default("linear"),
    whole: z.boolean().default(false).describe("whole numbers alone"),
  })
  .refine(({ from, to }) => from < to, { error: "from must be less than to", path: ["from"] })
  .refine(({ from, scale }) => scale === "linear" || from > 0, {
    error: "a logarithmic scale begins above 0",
    path: ["from"],
  });

export type Range = z.output<typeof range>;

export const halvingSchema = z.strictObject({
  metric: z
    .string()
    .min(1)
    .describe("by which settings are left off: a metric, or a score as fid[cifar10-cnn]"),
  by: z
    .int()
    .min(2)
    .max(100)
    .default(3)
    .describe("of so many settings one goes on, for so many times as long"),
  rounds: z.int().min(2).max(20).optional().describe("default: until one setting is left"),
});

const specSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]+$/, "must be of letters, digits, . - and _")
    .optional(),
  imports: z.array(z.string().min(1)).default([]).describe("as --import names them"),
  recipes: z
    .array(z.union([z.string().min(1), composition]))
    .min(1)
    .describe("recipes by name, or with terms and settings of their own"),
  preset: z.string().optional().describe("of every recipe that names none"),
  with: z.array(term).default([]).describe("terms that all have"),
  without: z.array(z.string()).default([]),
  data: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe("a data set's name or path, or several"),
  seeds: z
    .union([z.int().min(1).max(10_000), z.array(seed).min(1)])
    .default(1)
    .describe("how many, from 0, or which"),
  settings: settings.default({}).describe("of all"),
  grid: z
    .record(z.string().min(1), z.array(json).min(1))
    .default({})
    .describe("by path, the values that are tried: each with each"),
  draws: z
    .strictObject({
      count: z.int().min(1).max(10_000),
      seed: seed.default(0),
      from: z.record(z.string().min(1), z.union([range, z.array(json).min(1)])),
    })
    .optional()
    .describe("random settings: from ranges and lists"),
  metrics: z.string().min(1).optional().describe("as for 'gantry eval --metrics'"),
  evalEvery: z.json().optional().describe("iterations between evaluations; default: at the end alone"),
  evalSamples: z.int().min(1).optional(),
  stopOn: z
    .array(z.string().min(1))
    .optional()
    .describe("findings that end a training, as mode-collapse: it counts as done"),
  halving: halvingSchema.optional().describe("successive halving"),
});

/** A sweep as it is written. */
export type SweepSpec = z.input<typeof specSchema>;
/** The same with its defaults filled in. */
export type CheckedSpec = z.output<typeof specSchema>;

/**
 * Lets TypeScript check a sweep's file, whose default export it is.
 * @example
 * export default defineSweep({
 *   recipes: ["sngan", "infomax-gan"],
 *   data: "cifar10",
 *   seeds: 3,
 *   grid: { "terms.infomax.alpha": [0.1, 0.2] },
 *   metrics: "fid,is",
 * });
 */
export const defineSweep = (spec: SweepSpec): SweepSpec => spec;

/**
 * @param label what it is called in messages; empty for none
 * @throws UsageError
 */
export const checkSpec = (value: unknown, label: string): CheckedSpec => validate(specSchema, value, label);

/** `1e-5..1e-3`, `1e-5..1e-3:log`, `16..64:whole` as a range; undefined for other words. */
export function parseRange(text: string): SweepRange | undefined {
  const [, first = "", second = "", word = "linear"] =
    /^([^@:]*?)\.\.([^@:]*?)(?::(log|whole|linear))?$/.exec(text) ?? [];
  const [from, to] = [parseNumber(first), parseNumber(second)];
  if (from === undefined || to === undefined) return undefined;
  return word === "whole" ? { from, to, whole: true } : { from, to, scale: word as Range["scale"] };
}

/** A range as it is written. */
export type SweepRange = z.input<typeof range>;
