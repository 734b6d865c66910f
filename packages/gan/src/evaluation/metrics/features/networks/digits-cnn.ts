import { nn } from "@gantry/torch";
import { defineClassifier } from "../classifier.js";
import { MaxPool } from "../layers.js";

/** Two convolutions and two linear layers: the paper's "4-layer CNN", whose widths it does not say. */
export default defineClassifier({
  name: "digits-cnn",
  summary: "4-layer classifier of MNIST digits; also for stacked and compositional MNIST, digit by digit",
  source: "Che et al. 2017 (mode regularized GANs), section 4.1; widths as in PacGAN's classifier",
  dataset: "mnist",
  shape: [1, 28, 28],
  classes: 10,
  version: 1,
  epochs: 4,
  batch: 128,
  learningRate: 3e-3,
  weightDecay: 0.01,
  augment: { mirror: false, shift: 1 },
  leastAccuracy: 0.99,
  build: () => ({
    features: new nn.Sequential(
      new nn.Conv2d(1, 32, { kernelSize: 3, padding: 1 }),
      new nn.ReLU(),
      new MaxPool(),
      new nn.Conv2d(32, 64, { kernelSize: 3, padding: 1 }),
      new nn.ReLU(),
      new MaxPool(),
      new nn.Flatten(),
      new nn.Linear(64 * 7 * 7, 128),
      new nn.ReLU(),
    ),
    featureSize: 128,
  }),
});
