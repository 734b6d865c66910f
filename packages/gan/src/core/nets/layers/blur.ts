import type { Tensor } from "@gantry/torch";

/**
 * Every map convolved with [1 2 1]^T [1 2 1] / 16, zeros around it: N,C,H,W to the same. That is a mean of 2x2 places twice.
 * Source: Karras et al. 2019 (StyleGAN), section 2.
 */
export const blur = (input: Tensor): Tensor => input.avgPool2d(2, 1, 1).avgPool2d(2, 1);
