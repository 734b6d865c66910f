import { nn } from "@gantry/torch";
import { defineClassifier } from "../classifier.js";
import { convolutionBlock, GlobalMean } from "../layers.js";

export default defineClassifier({
  name: "cifar10-cnn",
  summary: "6-layer classifier of CIFAR-10",
  source: "Gantry's own: strided 3x3 convolutions with batch norm",
  dataset: "cifar10",
  shape: [3, 32, 32],
  classes: 10,
  version: 1,
  epochs: 8,
  batch: 128,
  learningRate: 4e-3,
  weightDecay: 0.1,
  augment: { mirror: true, shift: 3 },
  leastAccuracy: 0.75,
  build: () => ({
    features: new nn.Sequential(
      ...convolutionBlock(3, 32),
      ...convolutionBlock(32, 64, 2),
      ...convolutionBlock(64, 128, 2),
      ...convolutionBlock(128, 128),
      ...convolutionBlock(128, 256, 2),
      new GlobalMean(),
    ),
    featureSize: 256,
  }),
});
