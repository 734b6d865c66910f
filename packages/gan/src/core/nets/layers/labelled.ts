// How classes come into networks that have no place of their own for them. Source: Mirza, Osindero 2014 (cGAN), section 3.2.
import { type Tensor, torch } from "@gantry/torch";
import { oneHot } from "./oneHot.js";

/**
 * A latent N,L with its class beside it, zeros and a one: N,L+classes.
 * @param classes undefined: the latent as it is
 * @throws Error where labels are missing
 */
export const labelledLatent = (
  latent: Tensor,
  label: Tensor | undefined,
  classes: number | undefined,
): Tensor => (classes === undefined ? latent : torch.cat([latent, oneHot(label, classes, latent)], 1));

/**
 * An image N,C,H,W with a map for each class, all ones or all zeros, behind its channels: N,C+classes,H,W.
 * @param classes undefined: the image as it is
 * @throws Error where labels are missing
 */
export function labelledImage(image: Tensor, label: Tensor | undefined, classes: number | undefined): Tensor {
  if (classes === undefined) return image;
  const [count = 0, , height = 0, width = 0] = image.shape;
  const maps = oneHot(label, classes, image).view([count, classes, 1, 1]);
  return torch.cat([image, maps.expand([count, classes, height, width])], 1);
}
