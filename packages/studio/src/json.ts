// What the server tells, as JSON, at the addresses of the pages: the pages show nothing else.

import type { Json, JsonObject } from "@gantry/gan";
import type { Comparison } from "@gantry/gan/compare";

/** What a run is doing. `stalled`: its process lives and has given no sign for a while. `killed`: it is gone without a word. */
export type RunState =
  | "running"
  | "stalled"
  | "killed"
  | "stopped"
  | "failed"
  | "done"
  | "new"
  | "unreadable";

/** Something that a training was found to suffer from. */
export interface FindingJson {
  readonly name: string;
  readonly severity: "info" | "warning" | "problem";
  /** At which it began, and at which it was noticed. */
  readonly iteration: number;
  readonly noticed: number;
  readonly title: string;
  /** What was measured. */
  readonly text: string;
  /** What it means, and what usually causes it; absent until that is known. */
  readonly summary?: string;
  readonly cause?: string;
}

/** Commands that help, by the findings' names, the best first. */
export type AdviceJson = Readonly<
  Record<string, readonly { readonly command: string; readonly meaning: string }[]>
>;

/** A run in the list. */
export interface RunRow {
  /** Its folder, from the studio's folder, with `/` between names. */
  readonly id: string;
  readonly state: RunState;
  /** Why it cannot be read. */
  readonly trouble: string | null;
  readonly recipe: string;
  readonly data: string;
  readonly seed: number | null;
  readonly iteration: number;
  readonly steps: number | null;
  /** ISO 8601. */
  readonly created: string | null;
  /** Of its last sign of life. */
  readonly updated: string | null;
  /** Settings in which the runs of the list differ, by path. */
  readonly settings: JsonObject;
  /** The score that it is known by: its best one, or the latest. */
  readonly score: { readonly name: string; readonly value: number; readonly better: string } | null;
  readonly findings: readonly FindingJson[];
  /** Iteration of the newest picture. */
  readonly sample: number | null;
}

export interface RunsJson {
  readonly folder: string;
  readonly runs: readonly RunRow[];
  /** Paths of the settings in which they differ. */
  readonly varying: readonly string[];
  /** Runs that are still being looked at, or through whose events it goes for findings and scores. */
  readonly unread: number;
}

/** One scalar, thinned: at the end of each stretch its mean, least and greatest value. */
export interface CurveJson {
  readonly at: readonly number[];
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Iterations at which it was not finite, the last of each stretch. */
  readonly bad: readonly number[];
}

export interface GridJson {
  readonly iteration: number;
  /** Changes when the picture does. */
  readonly version: string;
  /** Of iterations that were given up by going on from an earlier checkpoint. */
  readonly givenUp: boolean;
}

export interface ScoreJson {
  readonly name: string;
  readonly better: "lower" | "higher";
  readonly value: number;
  readonly deviation: number | null;
  readonly iteration: number | null;
  readonly note: string | null;
}

/** A run's page. */
export interface RunJson extends Omit<RunRow, "settings"> {
  readonly path: string;
  readonly config: Json;
  /** Versions and origin. */
  readonly origin: JsonObject;
  /** Seconds of training. */
  readonly seconds: number | null;
  /** Iterations a second, of late. */
  readonly speed: number | null;
  readonly imagesSeen: number | null;
  readonly pid: number | null;
  readonly host: string | null;
  readonly curves: Readonly<Record<string, CurveJson>>;
  /** Where it went on after an interruption, and how far it had come before. */
  readonly restarts: readonly { readonly iteration: number; readonly before: number }[];
  readonly scores: readonly ScoreJson[];
  readonly best: { readonly iteration: number; readonly name: string; readonly value: number } | null;
  readonly grids: readonly GridJson[];
  /** What the pictures are of. */
  readonly samples: {
    readonly kind: "images" | "points";
    readonly shape: readonly number[];
    readonly count: number;
  } | null;
  readonly checkpoints: readonly number[];
  /** Bytes of its events that are read, and that there are. */
  readonly read: { readonly bytes: number; readonly of: number };
  /** Whether a click can stop it: its process is on this machine. */
  readonly stoppable: boolean;
}

/** A line of a plot of the comparison. */
export interface LineJson {
  /** The place of its run or group, which has its colour. */
  readonly place: number;
  readonly at: readonly number[];
  readonly mean: readonly number[];
  /** How far the band reaches to both sides. */
  readonly deviation: readonly number[];
}

export interface ComparedGridsJson {
  /** The run's place. */
  readonly run: number;
  /** Ascending by iteration; `source` is an address, or the picture itself. */
  readonly grids: readonly { readonly iteration: number; readonly source: string }[];
}

/** The comparison's page. */
export interface CompareJson {
  readonly comparison: Omit<Comparison, "curves">;
  /** Addresses of the runs' pages; none in a file. */
  readonly ids: readonly string[] | null;
  /** Whether lines are means over the seeds of groups, or runs. */
  readonly grouped: boolean;
  /** What the colours mean, by place. */
  readonly legend: readonly string[];
  readonly plots: readonly { readonly name: string; readonly lines: readonly LineJson[] }[];
  readonly samples: readonly ComparedGridsJson[];
  /** Runs through whose events it still goes: their curves are a glimpse. None in a file. */
  readonly unread?: number;
}

/** What became of a click. */
export interface DoneJson {
  readonly message: string;
}
