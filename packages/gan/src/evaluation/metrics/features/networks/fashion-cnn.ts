import { nn } from "@gantry/torch";
import { defineClassifier } from "../classifier.js";
import { convolutionBlock, GlobalMean } from "../layers.js";

export default defineClassifier({
  name: "fashion-cnn",
  summary: "5-layer classifier of Fashion-MNIST",
  source: "Gantry's own: strided 3x3 convolutions with batch norm",
  dataset: "fashion-mnist",
  shape: [1, 28, 28],
  classes: 10,
  version: 1,
  epochs: 6,
  batch: 128,
  learningRate: 4e-3,
  weightDecay: 0.05,
  augment: { mirror: true, shift: 1 },
  leastAccuracy: 0.9,
  build: () => ({
    features: new nn.Sequential(
      ...convolutionBlock(1, 32),
      ...convolutionBlock(32, 64, 2),
      ...convolutionBlock(64, 128, 2),
      ...convolutionBlock(128, 128),
      new GlobalMean(),
    ),
    featureSize: 128,
  }),
});
