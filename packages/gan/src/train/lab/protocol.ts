// What the lab's process and who began it say to each other, as JSON.
import type { JsonObject } from "../../core/base/json.js";
import type { LabFrame } from "./frame.js";

/** A term that is added, as `--with` has it. */
export interface LabTerm {
  readonly name: string;
  readonly term?: string;
  readonly options: JsonObject;
}

/** What is laid upon a recipe, or upon the run that is gone on from. */
export interface LabChanges {
  readonly with?: readonly LabTerm[];
  readonly without?: readonly string[];
  readonly settings?: readonly JsonObject[];
}

/** What the lab trains: a recipe on points, a run of it that goes on, or one that goes on under other settings. */
export type LabOrder =
  | ({
      readonly kind: "train";
      readonly recipe: string;
      readonly preset?: string;
      readonly out: string;
    } & LabChanges)
  | { readonly kind: "resume"; readonly run: string }
  | ({ readonly kind: "fork"; readonly run: string; readonly out: string } & LabChanges);

/** What a person clicks. */
export type LabCommand =
  /** Iterations one after the other, at most so many a second; without a number as fast as they go. */
  | { readonly do: "play"; readonly perSecond?: number }
  | { readonly do: "pause" }
  /** So many iterations, then a frame. */
  | { readonly do: "iterate"; readonly count: number }
  /** One step of one player's phase. */
  | { readonly do: "step"; readonly phase: string }
  /** Ends with a checkpoint. */
  | { readonly do: "close" };

export type LabMessage =
  | {
      readonly say: "opened";
      readonly run: string;
      readonly config: JsonObject;
      /** Phases of an iteration, each of which is a step by itself. */
      readonly phases: readonly string[];
      /** Points of the data, x, y, x, y, ... */
      readonly reals: readonly number[];
      /** Known modes: centre, and three standard deviations as radius. */
      readonly modes: readonly (readonly [x: number, y: number, radius: number])[];
      readonly notes: readonly string[];
    }
  | {
      readonly say: "frame";
      readonly frame: LabFrame;
      /** The last losses that were logged, or those of a single step. */
      readonly scalars: Readonly<Record<string, number>>;
      readonly playing: boolean;
    }
  | { readonly say: "ended"; readonly iteration: number }
  | { readonly say: "error"; readonly message: string };
