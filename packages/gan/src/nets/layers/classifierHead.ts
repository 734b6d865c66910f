import { nn } from "@gantry/torch";
import type { Discriminator } from "../contract.js";
import { xavierLinear } from "./xavier.js";

/** Whether any layer of a network has it: heads take after that. */
export const hasSpectralNorm = (network: nn.Module): boolean =>
  network
    .namedModules()
    .some(([, module]) => module instanceof nn.WeightLayer && module.weightU !== undefined);

/** Logits of classes, from a discriminator's features of the whole image; with spectral norm where the network has it. */
export const classifierHead = (network: Discriminator, classes: number): nn.Linear =>
  xavierLinear(network.featureShapes.global, classes, { spectralNorm: hasSpectralNorm(network) });
