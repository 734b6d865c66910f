import type { Tensor } from "@gantry/torch";

/**
 * Labels int64 N as vectors of zeros and a one, N,classes, of the type of `like`.
 * @throws Error where there are none
 */
export function oneHot(label: Tensor | undefined, classes: number, like: Tensor): Tensor {
  if (label === undefined) throw new Error("a conditional network needs the labels of its samples");
  return label.oneHot(classes).to({ dtype: like.dtype });
}
