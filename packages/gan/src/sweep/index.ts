/** Many trainings, in processes of their own, and summed up. */
export * from "../evaluation/intervals.js";
export * from "../evaluation/statistics.js";
export * from "./cells.js";
export { type Parent, serveParent } from "./child.js";
export { type Axis, namesSweepFile, parseAxis, readSweepFile } from "./file.js";
export { keepSweep, readSweep } from "./folder.js";
export { describeHalving, type Round } from "./halving.js";
export { type PlanOptions, planSweep } from "./plan.js";
export type { CellProgress, SweepProgress } from "./progress.js";
export { type CellEnd, runSweep, type SweepOptions, type SweepResult } from "./runSweep.js";
export type { Resources } from "./shares.js";
export { type CheckedSpec, checkSpec, defineSweep, type SweepSpec } from "./spec.js";
export { type CellStanding, standingOf } from "./standing.js";
export type { Halving, Sweep, SweepCell } from "./sweep.js";
export { openCell, type TrainCellOptions, trainCell } from "./trainCell.js";
