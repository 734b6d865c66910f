import { z } from "zod";
import { UsageError } from "./errors.js";
import { parseNumber } from "./number.js";

// Numbers that change while training goes on: one form for all of them, in config.json and on the command line. A value depends
// on where the training stands and on nothing else, so that a run that is resumed goes on with the same bits.

/** Where a training stands, in every unit that a schedule may count in. */
export interface Clock {
  /** Iterations done before this one. */
  readonly iteration: number;
  /** Iterations planned. */
  readonly steps: number;
  /** Times through the data so far, with the part of the present one that is done. */
  readonly epoch: number;
  /** Real images that D has seen. */
  readonly images: number;
}

/** How much an iteration is of each unit. */
export interface Pace {
  /** Items of the data set. */
  readonly count: number;
  readonly batch: number;
  /** D's steps of an iteration, each on a batch of its own. */
  readonly discriminatorSteps: number;
  /** Iterations planned. */
  readonly steps: number;
}

const length = z.number().min(0);

/** A length of training in one unit: `{ epochs: 100 }`. `training` is parts of all planned iterations. */
export const spanSchema = z
  .strictObject({
    iterations: length.optional(),
    epochs: length.optional(),
    images: length.optional(),
    training: length.optional(),
  })
  .refine((span) => Object.keys(span).length === 1, {
    error: "one length: { iterations: n }, { epochs: n }, { images: n } or { training: 1 }",
  });

export type Span = z.output<typeof spanSchema>;

/**
 * A number that goes from one value to another.
 * @property over how long it takes; then it stays `to`
 * @property shape `linear`, `cosine` (half a period: slow, fast, slow), or `steps`: `from` until it jumps to `to`
 * @property between of steps: values on the way, `[at, value]` with `at` in the unit of `over`, rising
 * @property again `from` once more, for one iteration every so many (WGAN's code)
 */
const scheduleSchema = (value: z.ZodNumber) =>
  z
    .strictObject({
      from: value,
      to: value,
      over: spanSchema,
      shape: z.enum(["linear", "cosine", "steps"]).default("linear"),
      between: z.array(z.tuple([length, value])).optional(),
      again: z.strictObject({ iterations: z.int().min(1) }).optional(),
    })
    .refine(({ shape, between }) => between === undefined || shape === "steps", {
      error: "values between for the shape steps alone",
      path: ["between"],
    });

export type Schedule = z.output<ReturnType<typeof scheduleSchema>>;

/** A number, or how it changes. */
export type Scheduled = number | Schedule;

/**
 * An option that may be scheduled.
 * @param value what a constant may be
 * @param ends what a schedule may take; default the same
 */
export const scheduled = (value: z.ZodNumber, ends: z.ZodNumber = value) =>
  z.union([value, scheduleSchema(ends)]);

/** The length of a span, and its unit. */
function parts(span: Span): [unit: keyof Span, length: number] {
  const [unit = "iterations", value = 0] = Object.entries(span)[0] ?? [];
  return [unit as keyof Span, value];
}

const POSITIONS: Readonly<Record<keyof Span, (clock: Clock) => number>> = {
  iterations: ({ iteration }) => iteration,
  epochs: ({ epoch }) => epoch,
  images: ({ images }) => images,
  training: ({ iteration, steps }) => iteration / steps,
};

/** What a number is where the training stands at `clock`. */
export function valueAt(value: Scheduled, clock: Clock): number {
  if (typeof value === "number") return value;
  const { from, to, over, shape, between = [], again } = value;
  if (again !== undefined && clock.iteration % again.iterations === 0) return from;
  const [unit, end] = parts(over);
  const now = POSITIONS[unit](clock);
  if (shape === "steps") {
    if (now >= end) return to;
    return between.findLast(([at]) => at <= now)?.[1] ?? from;
  }
  const share = end === 0 ? 1 : Math.min(1, now / end);
  const weight = shape === "cosine" ? (1 - Math.cos(Math.PI * share)) / 2 : share;
  // Exact at both ends, and for `to` 0 the bits of from * (1 - share).
  return from * (1 - weight) + to * weight;
}

/** What a number is in the beginning. */
export const firstValue = (value: Scheduled): number => (typeof value === "number" ? value : value.from);

/** Where a number is in the end: what is planned by. */
export const finalValue = (value: Scheduled): number => (typeof value === "number" ? value : value.to);

/** `offset + factor * value` at every moment: each shape goes between its ends by shares. */
export function affine(value: Scheduled, factor: number, offset = 0): Scheduled {
  const map = (number: number) => offset + factor * number;
  if (typeof value === "number") return map(value);
  const { from, to, between } = value;
  const on = between?.map(([at, each]): [number, number] => [at, map(each)]);
  return { ...value, from: map(from), to: map(to), ...(on === undefined ? {} : { between: on }) };
}

/** Whether a number is 0 from beginning to end: then what it weighs is left out. */
export const isNever = (value: Scheduled): boolean => value === 0;

/** Whether two numbers are the same all the time. */
export const isSame = (a: Scheduled, b: Scheduled): boolean => JSON.stringify(a) === JSON.stringify(b);

/** How many iterations a span is, with parts of one. */
export function iterationsOf(span: number | Span, { count, batch, discriminatorSteps, steps }: Pace): number {
  if (typeof span === "number") return span;
  const [unit, value] = parts(span);
  switch (unit) {
    case "iterations":
      return value;
    case "images":
      return value / (batch * discriminatorSteps);
    case "epochs":
      // What remains of an epoch when it is less than a batch is left out.
      return (value * Math.floor(count / batch)) / discriminatorSteps;
    case "training":
      return value * steps;
  }
}

/** Every so many iterations something is done: a whole number, at least 1. */
export const everyIterations = (span: number | Span, pace: Pace): number =>
  Math.max(1, Math.round(iterationsOf(span, pace)));

/** An option for how often something is done. */
export const interval = z.union([z.int().min(1), spanSchema]);

const UNITS: Readonly<Record<string, readonly [unit: keyof Span, factor: number]>> = {
  "": ["iterations", 1],
  iteration: ["iterations", 1],
  iterations: ["iterations", 1],
  epoch: ["epochs", 1],
  epochs: ["epochs", 1],
  image: ["images", 1],
  images: ["images", 1],
  kimg: ["images", 1000],
  training: ["training", 1],
};

/** `100epochs`, `5000`, `200kimg`, `training` as a span; undefined for what is none. */
export function parseSpan(text: string): Span | undefined {
  const [, digits = "", word = ""] = /^(.*?)\s*([a-z]*)$/i.exec(text) ?? [];
  const unit = UNITS[word];
  const number = digits === "" && word === "training" ? 1 : parseNumber(digits);
  if (unit === undefined || number === undefined || number < 0) return undefined;
  return { [unit[0]]: number * unit[1] };
}

/**
 * The short form of a schedule: `2e-4..0@100epochs`, `0..10@200kimg:cosine`; undefined for other words.
 * @param where what it is the value of, for messages
 * @throws UsageError for what begins as a schedule and is none
 */
export function parseSchedule(text: string, where: string): Schedule | undefined {
  const [, first = "", second = "", span = "", shape = "linear"] =
    /^([^@]*?)\.\.([^@]*)@([^:]*)(?::(.*))?$/.exec(text) ?? [];
  const from = parseNumber(first);
  if (from === undefined) return undefined;
  const to = parseNumber(second);
  const over = parseSpan(span);
  if (to === undefined || over === undefined || !isShape(shape))
    throw new UsageError(
      `${where}${where === "" ? "" : ": "}'${text}' is no schedule; write FROM..TO@LENGTH, as 2e-4..0@100epochs, 1..0@5000 (iterations), 0..10@200kimg:cosine or 2e-4..0@training; shapes: linear, cosine, steps`,
    );
  return { from, to, over, shape };
}

/** A number or a schedule as it is typed: in the short form, or in JSON where that cannot say it. */
export function shortForm(value: Scheduled): string {
  if (typeof value === "number") return String(value);
  const { from, to, over, shape, between, again } = value;
  if (between !== undefined || again !== undefined) return JSON.stringify(value);
  const [unit, end] = parts(over);
  const span = unit === "training" && end === 1 ? unit : `${end}${unit}`;
  return `${from}..${to}@${span}${shape === "linear" ? "" : `:${shape}`}`;
}

const isShape = (text: string): text is Schedule["shape"] => ["linear", "cosine", "steps"].includes(text);
