// What numbers over seeds say of a claim. Pure: no study, no file.
import { CONFIDENCE, differenceInterval, type Interval, intervalOf, spread } from "@gantry/gan/sweep";

export type Word = "holds" | "does not hold" | "undecided" | "cannot be tested";

export interface Verdict {
  readonly word: Word;
  /** What it rests on, in one line without a full stop. */
  readonly why: string;
}

/** A claim that can be asked for at another confidence than 95 %, as {@link all} does. */
export type Rule = (confidence: number) => Verdict;

/** A rule at 95 %. */
export const judge = (rule: Rule): Verdict => rule(CONFIDENCE);

/** Of a training much shorter than the paper's, that something is not there yet does not speak against it. */
export const soShort = (verdict: Verdict): Verdict =>
  verdict.word === "does not hold"
    ? { word: "undecided", why: `a training so much shorter than the paper's does not tell; ${verdict.why}` }
    : verdict;

/** Four digits that count. */
const showNumber = (value: number): string => String(Number(value.toPrecision(4)));

const showInterval = ([low, high]: Interval, confidence = CONFIDENCE): string =>
  `${showNumber(100 * confidence)} %: ${showNumber(low)} to ${showNumber(high)}`;

const FEW: Verdict = { word: "undecided", why: "fewer than two seeds with a number" };

/** What lies wholly within: holds; wholly outside: does not; else nobody can say. */
function within(
  interval: Interval | undefined,
  [low, high]: Interval,
  confidence: number,
  what: string,
): Verdict {
  if (interval === undefined) return FEW;
  const why = `${what} ${showInterval(interval, confidence)}`;
  if (interval[0] > low && interval[1] < high) return { word: "holds", why };
  return { word: interval[1] < low || interval[0] > high ? "does not hold" : "undecided", why };
}

const INFINITY = Number.POSITIVE_INFINITY;

/** The mean of `a` is below that of `b`: Welch's interval of the difference. */
export const lower =
  (a: readonly number[], b: readonly number[]): Rule =>
  (confidence) =>
    within(differenceInterval(spread(a), spread(b), confidence), [-INFINITY, 0], confidence, "difference");

/** The mean of `a` is above that of `b`. */
export const higher =
  (a: readonly number[], b: readonly number[]): Rule =>
  (confidence) =>
    within(differenceInterval(spread(a), spread(b), confidence), [0, INFINITY], confidence, "difference");

/** The mean is below a bound: Student's interval. For paired measurements: of their differences, with 0. */
export const below =
  (values: readonly number[], bound: number): Rule =>
  (confidence) =>
    within(intervalOf(spread(values), confidence), [-INFINITY, bound], confidence, "mean");

/** The mean is above a bound. */
export const above =
  (values: readonly number[], bound: number): Rule =>
  (confidence) =>
    within(intervalOf(spread(values), confidence), [bound, INFINITY], confidence, "mean");

/** Differences of measurements that belong together, seed by seed. */
export const differences = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, i) => value - b[i]!);

/** Two means differ by less than a margin. */
export const same =
  (a: readonly number[], b: readonly number[], margin: number): Rule =>
  (confidence) => {
    const interval = differenceInterval(spread(a), spread(b), confidence);
    return within(interval, [-margin, margin], confidence, `difference (margin ${showNumber(margin)})`);
  };

/** The mean is a target's, give or take a margin. */
export const near =
  (values: readonly number[], target: number, margin: number): Rule =>
  (confidence) =>
    within(
      intervalOf(spread(values), confidence),
      [target - margin, target + margin],
      confidence,
      `target ${showNumber(target)} ± ${showNumber(margin)}, mean`,
    );

/** The mean is a target's, by a factor at most. */
export const about =
  (values: readonly number[], target: number, factor: number): Rule =>
  (confidence) => {
    const interval = intervalOf(spread(values), confidence);
    if (interval === undefined) return FEW;
    const why = `mean ${showInterval(interval, confidence)}, target ${showNumber(target)}`;
    if (interval[0] <= target && target <= interval[1]) return { word: "holds", why };
    return within(interval, [target / factor, target * factor], confidence, "mean");
  };

/** Every one of several: each at the confidence asked for; one counterexample only where it is no accident among so many. */
export const all =
  (cases: readonly (readonly [name: string, rule: Rule])[]): Rule =>
  (confidence) => {
    const strict = 1 - (1 - confidence) / Math.max(1, cases.length);
    const against = cases.flatMap(([name, rule]) => {
      const { word, why } = rule(strict);
      return word === "does not hold" ? [`${name}: ${why}`] : [];
    });
    if (against.length > 0) return { word: "does not hold", why: against.join("; ") };
    const open = cases.filter(([, rule]) => rule(confidence).word !== "holds").map(([name]) => name);
    return open.length === 0 && cases.length > 0
      ? { word: "holds", why: `in ${cases.map(([name]) => name).join(", ")}` }
      : { word: "undecided", why: `not told: ${open.join(", ")}` };
  };

/** The mean of `a` is the lowest of all. Where the highest is best, give all negated. */
export const best =
  (a: readonly number[], others: readonly (readonly [name: string, values: readonly number[]])[]): Rule =>
  (confidence) => {
    const strict = 1 - (1 - confidence) / Math.max(1, others.length);
    for (const [name, values] of others) {
      const { word, why } = lower(values, a)(strict);
      if (word === "holds") return { word: "does not hold", why: `${name} is better: ${why}` };
    }
    const [second] = [...others].sort(([, x], [, y]) => spread(x).mean - spread(y).mean);
    if (second === undefined) return { word: "undecided", why: "nothing to compare with" };
    const { word, why } = lower(a, second[1])(confidence);
    return { word: word === "holds" ? "holds" : "undecided", why: `against ${second[0]}: ${why}` };
  };

/** A closed form, or a count: it is so, or not. */
export const exactly = (is: boolean, why: string): Verdict => ({ word: is ? "holds" : "does not hold", why });

export const untestable = (why: string): Verdict => ({ word: "cannot be tested", why });
