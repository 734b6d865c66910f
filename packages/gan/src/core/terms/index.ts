/** The game and its terms, for who writes a term. */
export * from "../game/game.js";
export * from "../game/gradient.js";
export * from "../game/plan.js";
export * from "../game/play.js";
export * from "../game/term.js";
export { adaptiveWeights, type Measures, type WeightOptions, type Weights } from "./adaptive-weights.js";
export * from "./parts/adversarial.js";
export * from "./parts/augment/augmentation.js";
export * from "./parts/augment/control.js";
export type { Draws } from "./parts/augment/draws.js";
export * from "./parts/featureTask.js";
export * from "./parts/head.js";
export * from "./parts/intervention.js";
export * from "./parts/reconstruction.js";
export { askSlopes, leaf } from "./parts/slope.js";
export { terms } from "./registry.js";
