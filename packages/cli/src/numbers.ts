import { UsageProblem } from "./errors.js";

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
  const value = Number(text);
  const digits = most === undefined ? /^\d{1,9}$/ : /^\d+$/;
  if (digits.test(text) && value >= least && (most === undefined || value <= most)) return value;
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new UsageProblem(`${flag} ${text}: a whole number ${range} is needed`);
}
