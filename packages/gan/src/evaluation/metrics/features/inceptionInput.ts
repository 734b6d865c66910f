import type { Tensor } from "@gantry/torch";
import { pillowBicubic } from "./pillowResize.js";
import { tensorflowResize } from "./tensorflowResize.js";

/** Side of what Inception looks at. */
export const SIZE = 299;

/** How bytes come to what Inception looks at, by the public code that does so. */
export const inceptionInputs = {
  /** Of the definition: TensorFlow 1's bilinear resize, -1 at 0 and just below 1 at 255. As torch-fidelity. */
  tensorflow: {
    description: "tf1-bilinear 299",
    apply: (bytes: Tensor) => tensorflowResize(bytes, SIZE, SIZE).sub_(128).div_(128),
  },
  /** mseitzer/pytorch-fid, and clean-fid's `legacy_pytorch`: PyTorch's bilinear resize, which aliases too; 1 at 255. */
  "pytorch-fid": {
    description: "pytorch-fid bilinear 299",
    apply: (bytes: Tensor) => bytes.div(255).upsampleBilinear2d([SIZE, SIZE], false).mul_(2).sub_(1),
  },
  /** GaParmar/clean-fid: Pillow's bicubic resize, which does not alias, unrounded, cut off at 0 and 255. */
  "clean-fid": {
    description: "clean-fid bicubic 299",
    apply: (bytes: Tensor) => pillowBicubic(bytes, SIZE, SIZE).clamp(0, 255).sub_(128).div_(128),
  },
} as const satisfies Record<string, { description: string; apply: (bytes: Tensor) => Tensor }>;

export type InceptionInput = keyof typeof inceptionInputs;

export const isInceptionInput = (name: string): name is InceptionInput =>
  Object.hasOwn(inceptionInputs, name);
