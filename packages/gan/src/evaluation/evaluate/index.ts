export * from "./evaluate.js";
export * from "./report.js";
export * from "./request.js";
