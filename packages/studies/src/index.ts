/** Studies: methods compared over problems and seeds, after papers. */
export { runStudy } from "./engine/runStudy.js";
export * from "./engine/study.js";
export { defineSweepStudy, type Reading, type SweepStudy } from "./engine/sweepStudy.js";
