// What golden/augmentation/make_golden.py draws, and what the tests of augmentations share.
import { grad, type Tensor, torch } from "@gantry/torch";
import type { Draws } from "../core/terms/parts/augment/draws.js";
import { readGolden } from "./golden.js";
import { assertClose, pattern, patternTensor, summary } from "./networks.js";

/** Of images, their sum against a pattern and the sum of their squares; likewise of a gradient. */
export interface Made {
  readonly shape: number[];
  readonly image: [number, number];
  readonly gradient: [number, number];
}

export const golden = readGolden<{
  ada: Record<string, Made & { p: number; multipliers: Record<string, number> }>;
  "diff-augment": Record<string, Made>;
  consistency: Made;
  apa: Omit<Made, "shape"> & { p: number };
  lecam: { start: number; decay: number; losses: number[]; gradients: [number, number][][] };
}>("augmentation/augmentation.json");

/** The golden file's numbers in the place of drawn ones. */
export function drawn(name: string): Draws {
  let count = 0;
  const next = (shape: readonly number[]) => pattern(`${name}.${count++}`, shape);
  return {
    uniform: (shape) =>
      torch.tensor(
        next(shape).map((v) => v + 0.5),
        { shape },
      ),
    normal: (shape) =>
      torch.tensor(
        next(shape).map((v) => v * 4),
        { shape },
      ),
    integers: (low, high, shape) =>
      torch
        .tensor(
          next(shape).map((v) => Math.floor((v + 0.5) * (high - low)) + low),
          { shape },
        )
        .to({ dtype: "int64" }),
  };
}

/** Compares a transform, and the gradient through it, with the golden file. */
export function checkMade(
  transform: (images: Tensor) => Tensor,
  shape: readonly number[],
  expected: Pick<Made, "image" | "gradient">,
  tolerance: number,
): void {
  const images = patternTensor("image", shape, 2).requiresGrad_();
  const made = transform(images);
  const [slope] = grad(made.mul(patternTensor("cotangent", made.shape)).sum(), [images]);
  assertClose(summary("made", made.detach()), expected.image, tolerance, "images");
  assertClose(summary("slope", slope as Tensor), expected.gradient, tolerance, "gradient");
}
