/** Many trainings, measured in processes of their own and summed up. */
export * from "../evaluation/statistics.js";
export * from "./cells.js";
