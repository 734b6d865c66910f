import { isObject, type Json } from "../../core/base/json.js";
import { withoutPlace } from "../../core/config/place.js";
import type { Config } from "../../core/config/schema.js";
import type { RunSummary } from "../../core/run/summary.js";
import { cross, type Interval, intervalOf } from "../intervals.js";
import { spread } from "../statistics.js";
import { canonical, differences } from "./differences.js";
import { labelsBySettings } from "./labels.js";
import type { ComparedMetric } from "./metrics.js";

/** Runs with the same settings but for their seeds. Plain JSON. */
export interface SettingGroup {
  /** What tells its settings from the others', in as few words as do. */
  readonly label: string;
  /** The settings in which groups differ, by path, and the `checkpoint` where those differ; null where it has none. */
  readonly settings: Readonly<Record<string, Json>>;
  /** Labels of the runs. */
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** Iterations that all its runs have come to, the fewest. */
  readonly iteration: number;
  readonly scores: readonly GroupScore[];
}

/** A score over the seeds of one group. */
export interface GroupScore {
  readonly name: string;
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation (of n - 1) over the seeds; null for one. */
  readonly deviation: number | null;
  /** Student's interval of the mean, at 95 %; null for one seed. */
  readonly interval: Interval | null;
  /**
   * Among the groups: `best` where its interval crosses no other's and its mean is the best; `undecided` where its interval crosses
   * that of the best mean, or has none to tell; else `worse`. Null where there is nothing to compare it with.
   */
  readonly verdict: "best" | "undecided" | "worse" | null;
}

/** Places of the runs of each group, in the order of the first of each. */
export type Members = readonly (readonly number[])[];

/** What of a configuration is no setting of the method: the seed, and where it is computed. */
function settingsOf(config: Config): Json {
  const { seed: _, ...rest } = withoutPlace(config);
  return rest as unknown as Json;
}

/** Runs by their settings, whatever they are called; of several with one seed the first. */
export function membersOf(runs: readonly RunSummary[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, { config, path }] of runs.entries()) {
    // A run as it stood at a checkpoint is another training: a shorter one.
    const key = canonical([settingsOf(config), /@\d+$/.exec(path)?.[0] ?? ""]);
    const before = groups.get(key) ?? [];
    const isThere = before.some((other) => runs[other]!.config.seed === config.seed);
    groups.set(key, isThere ? before : [...before, i]);
  }
  return [...groups.values()];
}

/** Groups with their scores over seeds. */
export function groupsOf(
  runs: readonly RunSummary[],
  members: Members,
  labels: readonly string[],
  metrics: readonly ComparedMetric[],
): SettingGroup[] {
  const configs = members.map(([first = 0]) => settingsOf(runs[first]!.config));
  const marks = members.map(([first = 0]) => /@\d+$/.exec(runs[first]!.path)?.[0] ?? "");
  const names = distinctly(labelsBySettings(configs), marks);
  const found = differences(configs);
  const scores = metrics.map((metric) => scoresOf(metric, members));
  return members.map((group, g) => ({
    label: names[g]!,
    settings: {
      ...Object.fromEntries(found.map(({ path, values }) => [path, values[g] ?? null])),
      ...(new Set(marks).size > 1 ? { checkpoint: marks[g] === "" ? null : Number(marks[g]!.slice(1)) } : {}),
    },
    runs: group.map((i) => labels[i]!),
    seeds: group.map((i) => runs[i]!.config.seed),
    iteration: Math.min(...group.map((i) => runs[i]!.iteration)),
    scores: scores.flatMap((each) => each[g] ?? []),
  }));
}

/** Groups of one label are of one run at several checkpoints. */
const distinctly = (labels: readonly string[], marks: readonly string[]): string[] =>
  labels.map((label, i) =>
    labels.filter((each) => each === label).length > 1 ? `${label}${marks[i]}` : label,
  );

/** One metric's score of each group; undefined where none of its runs has one. */
function scoresOf(
  { name, better, measuredDifferently, scores }: ComparedMetric,
  members: Members,
): (GroupScore | undefined)[] {
  const spreads = members.map((group) => spread(group.flatMap((i) => scores[i]?.value ?? [])));
  const intervals = spreads.map((each) => intervalOf(each));
  const sign = better === "lower" ? 1 : -1;
  const there = spreads.flatMap(({ count, mean }, g) => (count > 0 && Number.isFinite(mean) ? [g] : []));
  const isCompared = there.length > 1 && measuredDifferently.length === 0;
  const leader = there.reduce<number | undefined>(
    (best, g) => (best === undefined || sign * spreads[g]!.mean < sign * spreads[best]!.mean ? g : best),
    undefined,
  );
  const meets = (a: number, b: number) => {
    const [one, other] = [intervals[a], intervals[b]];
    return one === undefined || other === undefined || cross(one, other);
  };
  const verdictOf = (g: number): GroupScore["verdict"] => {
    if (!isCompared || leader === undefined) return null;
    if (g !== leader) return there.includes(g) && !meets(g, leader) ? "worse" : "undecided";
    return there.every((other) => other === g || !meets(g, other)) ? "best" : "undecided";
  };
  return spreads.map(({ count, mean, std }, g) =>
    count === 0
      ? undefined
      : {
          name,
          count,
          mean,
          deviation: count > 1 ? std : null,
          interval: intervals[g] ?? null,
          verdict: verdictOf(g),
        },
  );
}

/** Whether some settings were tried with several seeds, so that there is something to say of them. */
export const hasSeeds = (groups: readonly SettingGroup[]): boolean =>
  groups.some(({ seeds }) => seeds.length > 1);

/** A setting's value as plain text for a table of values: no words around it. */
export const plainValue = (value: Json): string =>
  value === null ? "" : isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
