import type { Config } from "../../core/config/schema.js";
import type { DataShape } from "../../core/nets/sample.js";
import type { Curve } from "../../core/run/curves.js";

/** What was measured of a training at one moment: see signals.ts for the names. */
export interface Reading {
  /** Iterations done. */
  readonly iteration: number;
  readonly signals: Readonly<Record<string, number>>;
}

/** A training up to some iteration, as findings see it: from one under way, or from a run's records. */
export interface History {
  readonly config: Config;
  /** Undefined where the run keeps no record of it. */
  readonly data: (DataShape & { readonly count?: number | undefined }) | undefined;
  /** Ascending; none where a run's records have none. */
  readonly readings: readonly Reading[];
  /** Logged scalars by name, as `discriminator/real`. */
  readonly curves: ReadonlyMap<string, Curve>;
  /** Iterations done. */
  readonly iteration: number;
  /** Whether readings are of the few checkpoints that are left, and not of the training all along. Default false. */
  readonly isSparse?: boolean;
}

/** A number at an iteration. */
export interface Entry {
  readonly iteration: number;
  readonly value: number;
}

/** Numbers of some readings, those that have one. */
export const entriesOf = (
  readings: readonly Reading[],
  read: (signals: Reading["signals"]) => number | undefined,
): Entry[] =>
  readings.flatMap(({ iteration, signals }) => {
    const value = read(signals);
    return value === undefined ? [] : [{ iteration, value }];
  });

/** How a history looked when it was so many iterations long. */
export function upTo(history: History, iteration: number): History {
  const curves = new Map(
    [...history.curves].map(([name, { iterations, values }]) => {
      const end = iterations.findIndex((at) => at > iteration);
      return [
        name,
        end < 0
          ? { iterations, values }
          : { iterations: iterations.slice(0, end), values: values.slice(0, end) },
      ];
    }),
  );
  const readings = history.readings.filter((reading) => reading.iteration <= iteration);
  return { ...history, readings, curves, iteration };
}

/** One signal over the readings that have it. */
export const series = ({ readings }: History, name: string): Entry[] =>
  entriesOf(readings, (signals) => signals[name]);

/** A logged scalar in the same form; what is not finite is left out. */
export const logged = ({ curves }: History, name: string): Entry[] => {
  const { iterations = [], values = [] } = curves.get(name) ?? {};
  return iterations.flatMap((iteration, i) =>
    Number.isFinite(values[i]) ? [{ iteration, value: values[i]! }] : [],
  );
};

/**
 * What holds now and held without a break before: its latest entries for which `holds`, ascending; empty where they are fewer than
 * `least`.
 */
export function streak<T>(all: readonly T[], holds: (entry: T) => boolean, least: number): readonly T[] {
  const broken = all.findLastIndex((entry) => !holds(entry));
  const held = all.slice(broken + 1);
  return held.length >= least ? held : [];
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
