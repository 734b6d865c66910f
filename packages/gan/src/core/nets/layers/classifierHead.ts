import type { nn } from "@gantry/torch";
import type { Discriminator } from "../contract.js";
import { hasSpectralNorm } from "./spectralNorm.js";
import { xavierLinear } from "./xavier.js";

/** Logits of classes, from a discriminator's features of the whole image; with spectral norm where the network has it. */
export const classifierHead = (network: Discriminator, classes: number): nn.Linear =>
  xavierLinear(network.featureShapes.global, classes, { spectralNorm: hasSpectralNorm(network) });
