export type { RunScore } from "../../core/run/scores.js";
export { type RunSummary, readRun } from "../../core/run/summary.js";
export * from "./compare.js";
export { describeValue } from "./differences.js";
export { comparisonPage } from "./page.js";
export * from "./words.js";
