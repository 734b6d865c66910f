export * from "./compare.js";
export { describeValue } from "./differences.js";
export { comparisonPage } from "./page.js";
export { type RunSummary, readRun } from "./readRun.js";
export type { RunScore } from "./scores.js";
export * from "./words.js";
