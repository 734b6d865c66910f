export type { FrameOptions, LabFrame, Manifold, ModeCounts, Surface } from "./frame.js";
export { Lab } from "./lab.js";
export type { LabChanges, LabCommand, LabMessage, LabOrder } from "./protocol.js";
export { type PointRecipe, pointRecipes } from "./recipes.js";
