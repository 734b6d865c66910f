import { parseNumber } from "@gantry/gan/number";
import { UsageProblem } from "./errors.js";

/**
 * The whole number that an option was given, as 1000 or 1e3; undefined where it was not given.
 * @param most default: what nine digits hold; the message names it only if it is given
 * @throws {UsageProblem} for anything else
 */
export function wholeNumber(
  flag: string,
  text: string | undefined,
  least: number,
  most?: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parseNumber(text) ?? Number.NaN;
  if (Number.isSafeInteger(value) && value >= least && value <= (most ?? 999_999_999)) return value;
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new UsageProblem(`${flag} ${text}: a whole number ${range} is needed`);
}

/**
 * The number that an option was given; undefined where it was not given.
 * @param least default: any number, as `most`
 * @throws {UsageProblem} for anything else
 */
export function numberFrom(
  flag: string,
  text: string | undefined,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parseNumber(text.trim()) ?? Number.NaN;
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  const above = Number.isFinite(least) ? `a number of ${least} or more` : "a number";
  const wanted = Number.isFinite(most) ? `a number from ${least} to ${most}` : above;
  throw new UsageProblem(`${flag} ${text}: ${wanted} is needed`);
}
