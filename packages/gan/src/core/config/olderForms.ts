import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { isObject, type Json, type JsonObject } from "../base/json.js";
import { parseSpan } from "../base/schedule.js";
import { validate } from "../base/validate.js";
import type { Config } from "./schema.js";

// What configurations said of change before there were schedules, and still say for short. It is translated where a configuration
// is read, and never written.

const turns = z.int().min(1).max(1000);

const olderSchema = z.strictObject({
  decay: z.enum(["none", "linear"]).optional(),
  burst: z
    .strictObject({ steps: turns, first: z.int().min(0), every: z.int().min(1) })
    .nullable()
    .optional(),
});

/** A configuration without older words, and what they were. */
export interface Older {
  readonly rest: unknown;
  readonly words: z.output<typeof olderSchema>;
}

/**
 * Takes the older words out.
 * @throws UsageError where they make no sense
 */
export function takeOlder(value: unknown): Older {
  if (!isObject(value)) return { rest: value, words: {} };
  const { schedule, average, intervals, evaluation } = value;
  const { decay, burst, ...own } = isObject(schedule) ? schedule : {};
  // Their keys, misspelt ones too, are known by this schema.
  const given = Object.fromEntries(Object.entries({ decay, burst }).filter(([, each]) => each !== undefined));
  return {
    words: validate(olderSchema, given, "schedule"),
    rest: {
      ...value,
      ...(isObject(schedule) ? { schedule: own } : {}),
      ...(isObject(average) ? { average: withoutStart(average) } : {}),
      ...(isObject(intervals) ? { intervals: withSpans(intervals) } : {}),
      ...(isObject(evaluation) ? { evaluation: withSpans(evaluation) } : {}),
    },
  };
}

/** `start` was the first iteration that averages; before, the average follows the weights. */
function withoutStart({ start, ...average }: JsonObject): JsonObject {
  const told = withSpans(average);
  if (start === undefined) return told;
  const first = validate(z.int().min(0), start, "average.start");
  const { decay = 0.999 } = told;
  const end = isObject(decay) ? (decay.to ?? 0.999) : decay;
  const steps = { from: 0, to: end, over: { iterations: first }, shape: "steps" };
  return { ...told, decay: first === 0 ? end : steps };
}

/** Settings that are lengths of training, where they are words: `10epochs`. */
const LENGTHS = ["log", "sample", "checkpoint", "every", "halfLife"];

function withSpans(group: JsonObject): JsonObject {
  const told = (key: string, value: Json | undefined): Json | undefined => {
    if (!LENGTHS.includes(key) || typeof value !== "string") return value;
    const span = parseSpan(value);
    if (span === undefined)
      throw new UsageError(`${key}: '${value}' is no length; write 500 (iterations), 10epochs, or 200kimg`);
    return span.iterations ?? span;
  };
  return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, told(key, value)]));
}

/** Says older words in schedules. */
export function translate(config: Config, { decay, burst }: Older["words"]): Config {
  const { schedule, optimizers } = config;
  return {
    ...config,
    optimizers:
      decay !== "linear"
        ? optimizers
        : Object.fromEntries(
            Object.entries(optimizers).map(([player, optimizer]) => [
              player,
              typeof optimizer.learningRate === "number"
                ? { ...optimizer, learningRate: fallingToNothing(optimizer.learningRate) }
                : optimizer,
            ]),
          ),
    schedule:
      burst === undefined || burst === null
        ? schedule
        : {
            ...schedule,
            discriminatorSteps: {
              from: burst.steps,
              to:
                typeof schedule.discriminatorSteps === "number"
                  ? schedule.discriminatorSteps
                  : schedule.discriminatorSteps.to,
              over: { iterations: burst.first },
              shape: "steps",
              again: { iterations: burst.every },
            },
          },
  };
}

const fallingToNothing = (from: number) => ({ from, to: 0, over: { training: 1 }, shape: "linear" }) as const;

/**
 * Refuses older words that would change nothing, since the configuration says itself how its numbers change.
 * @throws UsageError saying what to set instead
 */
export function refuseIdleWords({ schedule, optimizers }: JsonObject, settings: readonly JsonObject[]): void {
  const own = isObject(schedule) ? schedule : {};
  const rates = Object.values(isObject(optimizers) ? optimizers : {}).map((each) =>
    isObject(each) ? each.learningRate : undefined,
  );
  for (const setting of settings) {
    if (!isObject(setting.schedule)) continue;
    if ("decay" in setting.schedule && !("decay" in own) && rates.some(isObject))
      throw new UsageError(
        "schedule.decay: the learning rates here say themselves how they fall; set optimizers.default.learningRate=2e-4 for a constant one",
      );
    if ("burst" in setting.schedule && !("burst" in own) && isObject(own.discriminatorSteps))
      throw new UsageError(
        "schedule.burst: the steps of D here say themselves how they change; set schedule.discriminatorSteps=5 for always as many",
      );
  }
}
