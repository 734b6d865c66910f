export type { RunScore } from "../../core/run/scores.js";
export { type RunSummary, readRun } from "../../core/run/summary.js";
export * from "./compare.js";
export { comparisonCsv } from "./csv.js";
export { type GroupScore, hasSeeds, type SettingGroup } from "./groups.js";
export { type ComparedCurves, type MeanCurve, meanCurve } from "./meanCurves.js";
export type { ComparedMetric, ComparedScore } from "./metrics.js";
export * from "./words.js";
