import { nn } from "@gantry/torch";
import type { Discriminator } from "../contract.js";
import { xavierLinear } from "./xavier.js";

/** Logits of classes, from a discriminator's features of the whole image; with spectral norm where the network has it. */
export function classifierHead(network: Discriminator, classes: number): nn.Linear {
  const spectralNorm = network
    .namedModules()
    .some(([, module]) => module instanceof nn.WeightLayer && module.weightU !== undefined);
  return xavierLinear(network.featureShapes.global, classes, { spectralNorm });
}
