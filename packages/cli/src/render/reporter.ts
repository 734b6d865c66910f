import type { StepReport } from "@gantry/gan";
import type { FindingReport } from "@gantry/gan/diagnose";
import type { SweepProgress } from "@gantry/gan/sweep";
import type { DataSummary } from "../dataSummary.js";

/** How far something has come that is not training. */
export interface Progress {
  /** What is being done, for example `decoding photos.zip`. */
  readonly what: string;
  readonly done: number;
  /** How many there are in all; undefined where that is not known beforehand. */
  readonly total: number | undefined;
  /** `images`; `bytes` are shown as kB, MB and GB; empty for none. */
  readonly unit: string;
}

/** What tells one piece of work from the next: a loss behind a comma changes on the way. */
export const kindOf = ({ what, total }: Progress): string => `${what.replace(/, loss .*$/, "")} ${total}`;

/** What is about to be trained. */
export interface Beginning {
  readonly run: string;
  readonly recipe: string;
  readonly data: DataSummary;
  /** Iterations done before: more than 0 when a run goes on. */
  readonly iteration: number;
  readonly steps: number;
  readonly batch: number;
  readonly seed: number;
  readonly device: string;
  readonly precision: string;
  readonly threads: number;
  /** Parameters of each player. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** One step, with how fast things go. */
export interface Pace extends StepReport {
  /** Undefined until there is something to measure. */
  readonly iterationsPerSecond: number | undefined;
  readonly imagesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** The last one of this run. */
  readonly last: boolean;
}

/** What an evaluation beside a training found. */
export interface Evaluated {
  /** Of the checkpoint that was judged. */
  readonly iteration: number;
  /** By name, as `fid[cifar10-cnn]`. */
  readonly scores: Readonly<Record<string, number>>;
  /** Name of the score by which the checkpoint is the best one so far; null where it is not. */
  readonly bestBy: string | null;
  readonly seconds: number;
}

/** How a run ended. */
export interface Ending {
  /** `stopped`: by the user, before its last iteration. */
  readonly state: "done" | "stopped";
  readonly run: string;
  readonly iteration: number;
  readonly steps: number;
  readonly imagesSeen: number;
  /** Wall time of this command's part. */
  readonly seconds: number;
  /** The last checkpoint's folder. */
  readonly checkpoint: string;
  /** The last picture of samples, where one was written. */
  readonly sample: string | null;
  /** The best checkpoint by the evaluations, where there were any. */
  readonly best: { readonly iteration: number; readonly name: string; readonly value: number } | null;
  /** The last scores, by name. */
  readonly scores: Readonly<Record<string, number>>;
  /** What was found to be wrong. */
  readonly findings: readonly FindingReport[];
  /** Command lines worth trying next, each with what it does. */
  readonly next: readonly (readonly [line: string, meaning: string])[];
}

/**
 * How long work is shown. One implementation each for a terminal, for a pipe or file, and for a program that reads
 * JSON.
 */
export interface Reporter {
  /** Called often: the reporter decides how much of it to show. */
  progress(progress: Progress): void;
  /** What begins, before anything else is known of it. */
  opening(message: string): void;
  begin(beginning: Beginning): void;
  step(pace: Pace): void;
  evaluated(evaluated: Evaluated): void;
  /** How far many trainings are. Called often. */
  cells(progress: SweepProgress): void;
  end(ending: Ending): void;
  /** One line worth knowing. */
  note(message: string): void;
  /** One line about something that went wrong and did not end the work; the same line only once. */
  warning(message: string): void;
  /** Takes away what is only on the screen for now: a bar. */
  clear(): void;
}
