import { autocastEnabled } from "../autocast.js";
import { native } from "../native.js";
import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import type { Conv2d } from "./conv2d.js";
import { halved, type Upsample } from "./resample.js";
import { isRewritten } from "./rewrites.js";

// A 3x3 convolution beside a change of size by two is one convolution of a 4x4 kernel with stride 2, at 4/9 of the
// multiplications: the mean over four neighbours, or the repetition of a pixel, is taken of the kernel instead of the
// image. In bfloat16 LibTorch's kernels do not make 4x4 kernels on a matrix unit as they do 3x3 ones, so that where the processor has
// one it is done only if Gantry's own compute there.

const fits = ({ weight, stride, padding, groups }: Conv2d) =>
  groups === 1 &&
  weight.size(2) === 3 &&
  weight.size(3) === 3 &&
  [...stride, ...padding].every((value) => value === 1) &&
  weight.device === "cpu" &&
  (!autocastEnabled() || !native.hasMatrixUnit() || isRewritten("matrix-unit"));

/**
 * `avgPool2d(2)` of a convolution's output, `[N, inChannels, H, W] -> [N, outChannels, H/2, W/2]`. Where the convolution is
 * 3x3 with stride and padding 1 and the sizes are even, it is computed as one 4x4 convolution of stride 2 (rewrite
 * `pooled-convolution`): equal but for rounding, as are its gradients.
 */
export function pooledConvolution(convolution: Conv2d, input: Tensor): Tensor {
  const even = input.size(2) % 2 === 0 && input.size(3) % 2 === 0;
  if (!even || !fits(convolution) || !isRewritten("pooled-convolution"))
    return halved(convolution.forward(input));
  return torch.conv2d(input, torch.widen(convolution.effectiveWeight()), convolution.bias, [2, 2], [1, 1]);
}

/**
 * A convolution of an upsampled input, `[N, inChannels, H, W] -> [N, outChannels, 2H, 2W]`. Where it repeats pixels and
 * the convolution is 3x3 with stride and padding 1, it is computed as one transposed 4x4 convolution of stride 2 (rewrite
 * `upsampled-convolution`), which is four 2x2 convolutions, one for each parity of rows and columns: equal but for
 * rounding, as are its gradients. Bilinear interpolation gains nothing that way.
 */
export function upsampledConvolution(upsample: Upsample, convolution: Conv2d, input: Tensor): Tensor {
  const repeats = upsample.mode === "nearest" && upsample.scale === 2;
  if (!repeats || !fits(convolution) || !isRewritten("upsampled-convolution"))
    return convolution.forward(upsample.forward(input));
  // Output row 2j + a is fed by input row j through taps that lie as far apart: the kernel is turned around.
  const kernel = torch.widen(convolution.effectiveWeight(), true);
  return torch.convTranspose2d(input, kernel, convolution.bias, [2, 2], [1, 1], [0, 0]);
}
