/** GAN training, comparison and diagnosis. */
export * from "./config/config.js";
export { type Json, type JsonObject, merge } from "./config/merge.js";
export { defineRecipe, type Recipe, recipes } from "./config/recipe.js";
export { configSchema, type OptimizerConfig } from "./config/schema.js";
export * from "./config/setting.js";
export { GantryError, RunError, UsageError } from "./errors.js";
export * from "./game/adversarial.js";
export * from "./game/game.js";
export * from "./game/gradient.js";
export * from "./game/plan.js";
export * from "./game/play.js";
export type * from "./game/sample.js";
export * from "./game/term.js";
export { didYouMean, nearest } from "./nearest.js";
export * from "./nets/contract.js";
export * from "./nets/family.js";
export * from "./nets/prior.js";
export { type Named, Registry } from "./registry.js";
