import { UsageProblem } from "./errors.js";

/** The whole number that an option was given; undefined where it was not given. */
export function wholeNumber(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new UsageProblem(`${flag} ${text}: a whole number of ${least} or more is needed`);
}
