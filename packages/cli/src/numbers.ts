import { parseNumber } from "@gantry/gan/number";
import { UsageProblem } from "./errors.js";

const NINE_DIGITS = 999_999_999;

/**
 * The whole number that an option was given; undefined where it was not given.
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
  const value = parseNumber(text);
  if (value !== undefined && Number.isInteger(value) && value >= least && value <= (most ?? NINE_DIGITS))
    return value;
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new UsageProblem(`${flag} ${text}: a whole number ${range} is needed`);
}

/** The number that an option was given, `least` or more; undefined where it was not given. @throws {UsageProblem} */
export function numberFrom(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = parseNumber(text);
  if (value !== undefined && value >= least) return value;
  throw new UsageProblem(`${flag} ${text}: a number of ${least} or more is needed`);
}
