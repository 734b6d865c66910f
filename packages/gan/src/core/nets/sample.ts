import type { Tensor } from "@gantry/torch";
import type { Dataset } from "../data/dataset.js";

/** What a stream yields and a discriminator judges. */
export interface Sample {
  /** Images N,C,H,W in [-1, 1], or points N,D. */
  readonly image: Tensor;
  /** The latent the image was made from or encoded to: N,L. */
  readonly latent?: Tensor | undefined;
  /** Class labels, int64 N. */
  readonly label?: Tensor | undefined;
  /** Which of several transforms made each, int64 N, for the term that chose (intervention). */
  readonly choice?: Tensor | undefined;
}

/** What the networks must fit: taken from the data set. */
export interface DataShape {
  readonly kind: "images" | "points";
  /** Images [C, H, W], points [D]. */
  readonly shape: readonly number[];
  /** Number of classes; undefined for data without labels. */
  readonly classes: number | undefined;
}

/** What a data set asks of the networks. */
export function shapeOf(dataset: Dataset): DataShape {
  return { kind: dataset.kind, shape: dataset.shape, classes: dataset.classes?.length };
}
