import type { ComparedRun, Comparison } from "./compare.js";
import type { GroupScore } from "./groups.js";
import type { ComparedScore } from "./metrics.js";

export { describeValue } from "./differences.js";

/** Four significant digits at most: `34.21`, `0.0312`, `1.20e-5`. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return String(size >= 1000 ? Math.round(value) : Number(value.toPrecision(4)));
}

/** `34.21`, or `34.21 ± 0.30` with a deviation: both to the second digit of the deviation. */
export function withDeviation(value: number, deviation: number | null): string {
  if (deviation === null) return shortNumber(value);
  if (!Number.isFinite(value) || !(deviation > 1e-6))
    return `${shortNumber(value)} ± ${shortNumber(deviation)}`;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(deviation)));
  return `${value.toFixed(decimals)} ± ${deviation.toFixed(decimals)}`;
}

/** A score as a table shows it; empty for none. */
export const describeScore = (score: ComparedScore | null): string =>
  score === null ? "" : withDeviation(score.value, score.deviation);

/** A mean over seeds as a table shows it, with its interval: `34.2 ± 1.3 [31.0, 37.4]`; empty for none. */
export function describeGroup(score: GroupScore | undefined): string {
  if (score === undefined) return "";
  const { mean, deviation, interval, verdict } = score;
  const within =
    interval === null ? "" : ` [${interval.map((end) => likeDeviation(end, deviation)).join(", ")}]`;
  return `${withDeviation(mean, deviation)}${within}${verdict === "undecided" ? " undecided" : ""}`;
}

/** A number to as many places as its deviation is shown with. */
const likeDeviation = (value: number, deviation: number | null): string =>
  deviation === null || !(deviation > 1e-6) || !Number.isFinite(value)
    ? shortNumber(value)
    : value.toFixed(Math.max(0, 1 - Math.floor(Math.log10(deviation))));

/** What the marks of {@link describeGroup} mean. */
export const GROUP_MEANING =
  "mean ± standard deviation over seeds [95 % interval of the mean]; undecided: the interval crosses that of the best mean, or there is one seed";

/** `2,000 of 2,000`, and what became of a run that is not done. */
export function describeProgressOf({ iteration, steps, status }: ComparedRun): string {
  const done = `${iteration.toLocaleString("en-US")} of ${steps.toLocaleString("en-US")}`;
  return status === "done" ? done : `${done}, ${status}`;
}

/** What is to be known of scores, a line for what holds of several: `a, b: fid, kid: of 12 images it means little`. */
export function describeScoreNotes({ runs, metrics }: Comparison): string[] {
  const names = new Map<string, string[]>();
  for (const { name, scores } of metrics) {
    const labels = new Map<string, string[]>();
    for (const [i, score] of scores.entries())
      if (score !== null && score.note !== null)
        labels.set(score.note, [...(labels.get(score.note) ?? []), runs[i]?.label ?? ""]);
    for (const [note, who] of labels) {
      const key = JSON.stringify([who.join(", "), note]);
      names.set(key, [...(names.get(key) ?? []), name]);
    }
  }
  return [...names].map(([key, known]) => {
    const [who, note] = JSON.parse(key) as [string, string];
    return `${who}: ${known.join(", ")}: ${note}`;
  });
}

/**
 * Which scores were measured differently and in what, a line for what holds of several: `fid, kid were measured differently, so
 * that none is the best: fake samples: 1000 (a), 500 (b, c and 4 more)`.
 */
export function describeMeasured({ metrics }: Comparison): string[] {
  const names = new Map<string, string[]>();
  for (const { name, measuredDifferently } of metrics) {
    if (measuredDifferently.length === 0) continue;
    const inWhat = measuredDifferently.join("; ");
    names.set(inWhat, [...(names.get(inWhat) ?? []), name]);
  }
  return [...names].map(
    ([inWhat, known]) =>
      `${known.join(", ")} ${known.length === 1 ? "was" : "were"} measured differently, so that none is the best: ${inWhat}`,
  );
}

/** Groups whose runs have not come equally far, a line each: `batch=16: seed 1 stands at 120, others at up to 300`. */
export function describeUnequalGroups({ runs, groups }: Comparison): string[] {
  return groups.flatMap(({ label, runs: members, iteration }) => {
    const all = runs.filter((run) => members.includes(run.label));
    const most = Math.max(...all.map((run) => run.iteration));
    if (iteration === most) return [];
    const behind = all.filter((run) => run.iteration < most);
    const who = behind.map(
      (run) => `seed ${run.seed} at ${run.iteration.toLocaleString("en-US")} (${run.status})`,
    );
    return `${label}: ${who.join(", ")}, others at ${most.toLocaleString("en-US")}: means are over all as they stand`;
  });
}

/** Which scores are of an earlier checkpoint than a run has come to, a line each: `a: fid[cifar10-cnn] is of iteration 500`. */
export function describeEarlierScores({ runs, metrics }: Comparison): string[] {
  return runs.flatMap(({ label, iteration: end }, i) => {
    const byIteration = new Map<number, string[]>();
    for (const { name, scores } of metrics) {
      const at = scores[i]?.iteration ?? end;
      if (at !== end) byIteration.set(at, [...(byIteration.get(at) ?? []), name]);
    }
    return [...byIteration].map(
      ([at, names]) =>
        `${label}: ${names.join(", ")} ${names.length === 1 ? "is" : "are"} of iteration ${at.toLocaleString("en-US")}`,
    );
  });
}

/** `0:09`, `2:14`, `1:05:00`; empty for none. */
export function describeTime(seconds: number | null): string {
  if (seconds === null) return "";
  const whole = Math.round(seconds);
  const pad = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** `fid[cifar10-cnn] ↓`: which way is better. */
export const describeMetric = ({
  name,
  better,
}: {
  readonly name: string;
  readonly better: string;
}): string => `${name} ${better === "lower" ? "↓" : "↑"}`;
