export * from "./runCells.js";
export * from "./study.js";
