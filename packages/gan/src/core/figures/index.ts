/** Pictures as SVG. */
export * from "./heat.js";
export * from "./histograms.js";
export * from "./lines.js";
export * from "./panels.js";
export * from "./scatter.js";
export * from "./tradeOff.js";
