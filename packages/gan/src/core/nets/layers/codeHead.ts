import { nn } from "@gantry/torch";
import type { Discriminator } from "../contract.js";
import type { Code } from "../prior.js";
import { xavierLinear } from "./xavier.js";

/**
 * Q: what codes an image was made from, from a discriminator's features of the whole image: the codes' numbers in order,
 * logits of categories and means of continuous ones.
 * Source: Chen et al. 2016 (InfoGAN), appendix C: one hidden layer of 128 with batch norm and LeakyReLU 0.1 (0.01 in
 * openai/InfoGAN).
 */
export const codeHead = (network: Discriminator, codes: readonly Code[], units: number): nn.Sequential =>
  new nn.Sequential(
    xavierLinear(network.featureShapes.global, units, { bias: false }),
    new nn.BatchNorm1d(units),
    new nn.LeakyReLU(0.1),
    xavierLinear(
      units,
      codes.reduce((sum, { length }) => sum + length, 0),
    ),
  );
