/** Studies: methods compared over problems and seeds, after papers. */
export * from "./engine/page.js";
export * from "./engine/paperStudy.js";
export { type Paper, type PaperKey, papers } from "./engine/papers.js";
export { runStudy } from "./engine/runStudy.js";
export * from "./engine/study.js";
export { defineSweepStudy, type Reading, type SweepStudy } from "./engine/sweepStudy.js";
export * as verdict from "./engine/verdict.js";
