import { isObject, type JsonObject } from "../base/json.js";

/** One score of a run, with what it can be compared by. */
export interface RunScore {
  /** `fid[cifar10-cnn]`, `fid[cifar10-cnn] truncation 0.5`: only scores of one name are compared. */
  readonly name: string;
  readonly better: "lower" | "higher";
  /** Mean over the repeats. */
  readonly value: number;
  /** Standard deviation over the repeats; null for one. */
  readonly deviation: number | null;
  readonly repeats: number;
  /** Of the checkpoint that was judged; null where that is not known. */
  readonly iteration: number | null;
  /** What is to be known of the value, as that it is of too few samples; null for nothing. */
  readonly note: string | null;
  /** Sample counts, reference and conventions: scores that differ in one of them are not comparable. */
  readonly measured: Readonly<Record<string, string>>;
}

/**
 * The scores of an evaluation's report, or of an evaluation during training, which has the same form. What is not
 * understood is left out: it may be of a later version.
 */
export function scoresIn(report: object): RunScore[] {
  const { scores, subject, against } = report as Readonly<Record<string, unknown>>;
  if (!Array.isArray(scores)) return [];
  const details = isObject(subject) && isObject(subject.details) ? subject.details : {};
  const reference = isObject(against) && typeof against.name === "string" ? against.name : undefined;
  const manner = mannerOf(details);
  const standing =
    details.standing === undefined ? {} : { "standing statistics": `${details.standing} batches` };
  return scores.filter(isObject).flatMap((score): RunScore[] => {
    const { name, better, value, values, repeatDeviation, note } = score;
    if (typeof name !== "string" || typeof value !== "number") return [];
    if (better !== "lower" && better !== "higher") return [];
    return [
      {
        name: `${name}${manner}`,
        better,
        value,
        deviation: typeof repeatDeviation === "number" ? repeatDeviation : null,
        repeats: Array.isArray(values) ? values.length : 1,
        iteration: typeof details.iteration === "number" ? details.iteration : null,
        note: typeof note === "string" ? note : null,
        measured: {
          ...(reference === undefined ? {} : { "compared with": reference }),
          ...standing,
          ...measuredBy(score),
        },
      },
    ];
  });
}

/** What samples of truncated latents are scored by is another score: it trades variety for quality. */
const mannerOf = (details: JsonObject): string =>
  ["truncation", "psi"]
    .flatMap((key) => (details[key] === undefined ? [] : [` ${key} ${details[key]}`]))
    .join("");

function measuredBy({ samples, conventions }: JsonObject): Record<string, string> {
  const counts = isObject(samples) ? samples : {};
  const all = [
    ...Object.entries(counts).map(([side, count]) => [`${side} samples`, count] as const),
    ...Object.entries(isObject(conventions) ? conventions : {}),
  ];
  // A metric that looks at no real samples counts none.
  return Object.fromEntries(
    all.filter(([, value]) => value !== null).map(([key, value]) => [key, String(value)]),
  );
}
