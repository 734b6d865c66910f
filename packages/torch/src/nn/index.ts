/** Networks: modules, layers, initialisations. */
export * from "./activations.js";
export { BatchNorm, BatchNorm1d, BatchNorm2d, type BatchNormOptions } from "./batchNorm.js";
export * from "./batchStatistics.js";
export { Conv2d, type ConvolutionOptions, type Size2d } from "./conv2d.js";
export * from "./convTranspose2d.js";
export * from "./dropout.js";
export * from "./embedding.js";
export * as init from "./init.js";
export * from "./layerNorm.js";
export * from "./linear.js";
export * from "./module.js";
export * from "./parameter.js";
export * from "./resample.js";
export * from "./sequential.js";
export * from "./shape.js";
export * from "./spectralNorm.js";
export { WeightLayer, type WeightOptions } from "./weightLayer.js";
export * from "./withParameters.js";
