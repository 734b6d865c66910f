// What the lab's process and who began it say to each other, as JSON.
import type { JsonObject } from "../../core/base/json.js";
import type { LabFrame } from "./frame.js";

/** What is laid upon a recipe, or upon the run that is gone on from, in the command's words. */
export interface LabChanges {
  /** `packing:degree=4`, as `--with` has it. */
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  /** `batch=64`, as `--set` has it. */
  readonly set?: readonly string[];
}

/** What the lab trains: a recipe on points, a run of it that goes on, or one that goes on under other settings. */
export type LabOrder =
  | ({
      readonly kind: "train";
      readonly recipe: string;
      readonly preset?: string;
      /** A data set's name, or a file of points; default the recipe's own. */
      readonly data?: string;
      readonly seed?: number;
      readonly out: string;
    } & LabChanges)
  | { readonly kind: "resume"; readonly run: string }
  | ({ readonly kind: "fork"; readonly run: string; readonly out: string } & LabChanges);

/** What a person clicks. A frame comes after each. */
export type LabCommand =
  /** So many iterations. */
  | { readonly do: "iterate"; readonly count: number }
  /** One step of one player's phase, which counts as no iteration. */
  | { readonly do: "step"; readonly phase: string }
  /** Ends with a checkpoint, without a frame. */
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
    }
  | { readonly say: "ended"; readonly iteration: number }
  | { readonly say: "error"; readonly message: string };
