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

/** The number that an option was given, `least` or more; undefined where it was not given. @throws {UsageProblem} */
export function numberFrom(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= least) return value;
  throw new UsageProblem(`${flag} ${text}: a number of ${least} or more is needed`);
}
