import type { z } from "zod";
import type { PartSource } from "../core/base/plugins/source.js";
import type { Config } from "../core/config/schema.js";
import type { halvingSchema } from "./spec.js";

/** One training of a sweep: a run in the sweep's folder. */
export interface SweepCell {
  /** The run's folder in the sweep's; names what differs. */
  readonly name: string;
  /** What cells with the same settings and another seed have in common. */
  readonly group: string;
  readonly config: Config;
  /** Names of findings that end its training. */
  readonly stopOn?: readonly string[];
}

export type Halving = z.output<typeof halvingSchema>;

/** Trainings that are to be compared. Plain JSON but for its notes, which are for whoever begins it. */
export interface Sweep {
  readonly name: string;
  /** Seed by seed, so that a sweep that is cut short has something of everything. */
  readonly cells: readonly SweepCell[];
  readonly halving: Halving | null;
  /** What was imported for it. */
  readonly imports: readonly PartSource[];
}
