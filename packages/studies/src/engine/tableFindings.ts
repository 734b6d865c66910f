// Claims of tables: one row against another, on every data set that was tried.
import { showSpread, spread } from "@gantry/gan/sweep";
import type { Finding } from "./page.js";
import type { TableReading } from "./tableReading.js";
import { all, higher, judge, lower, type Rule, same, untestable } from "./verdict.js";

/** Which number of a run is compared. */
export type Pick = (reading: TableReading, data: string, row: string) => readonly number[];

export const last =
  (metric: string): Pick =>
  (reading, data, row) =>
    reading.last(data, row, metric);

export const best =
  (metric: string, better: "lower" | "higher" = "lower"): Pick =>
  (reading, data, row) =>
    reading.best(data, row, metric, better);

/** One number a seed, of what a metric ends at in several rows: how much they differ, or which is the worst. */
export function overRows(
  reading: TableReading,
  data: string,
  rows: readonly string[],
  metric: string,
  sumUp: (scores: readonly number[]) => number,
): number[] {
  const all = rows.map((row) => reading.last(data, row, metric));
  const seeds = Math.min(...all.map(({ length }) => length));
  return Array.from({ length: seeds }, (_, seed) => sumUp(all.map((scores) => scores[seed]!)));
}

/** The standard deviation of the logarithm. */
export const logDeviation = (scores: readonly number[]): number => spread(scores.map(Math.log)).std;

/** What is said of two rows. */
export type Relation = "lower" | "higher" | "same";

/** Of the mean, where a text says that something has no effect and not how much none is. */
const MARGIN = 0.05;

/** The rule for two rows on one data set. */
export function relate(relation: Relation, a: readonly number[], b: readonly number[]): Rule {
  if (relation === "lower") return lower(a, b);
  return relation === "higher" ? higher(a, b) : same(a, b, MARGIN * Math.abs(spread(b).mean));
}

export interface Comparison {
  readonly relation: Relation;
  readonly pick: Pick;
  /** Rows, the first of which is said to be lower, higher or the same. */
  readonly pairs: readonly (readonly [a: string, b: string])[];
  /** Names of the data that it is said of. Default: all that were tried. */
  readonly on?: readonly string[];
  /** Of the numbers told. Default 2. */
  readonly digits?: number;
}

/** Compares rows, pair by pair, on each data set: with several of them a claim holds where it holds for all. */
export function compareRows(
  reading: TableReading,
  { relation, pick, pairs, on, digits = 2 }: Comparison,
): Told {
  const asked = reading.data.filter(({ name }) => on === undefined || on.includes(name));
  const cases = asked.flatMap(({ name, title }) =>
    pairs.map(([a, b]) => {
      const [ones, others] = [pick(reading, name, a), pick(reading, name, b)];
      const place = [...(asked.length > 1 ? [title] : []), ...(pairs.length > 1 ? [`${a} and ${b}`] : [])];
      return {
        name: place.join(", "),
        rule: relate(relation, ones, others),
        told: `${place.length > 0 ? `${place.join(", ")}: ` : ""}${showSpread(spread(ones), digits)} against ${showSpread(spread(others), digits)}`,
      };
    }),
  );
  if (cases.length === 0)
    return { here: "-", verdict: untestable("none of the data that it is said of was tried") };
  return {
    here: cases.map(({ told }) => told).join("; "),
    verdict: judge(cases.length === 1 ? cases[0]!.rule : all(cases.map(({ name, rule }) => [name, rule]))),
  };
}

/** What was measured of a claim. */
export type Told = Omit<Finding, "claim" | "paper">;
