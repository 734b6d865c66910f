// Initialisations, as torch.nn.init defines them; a trailing _ says that the tensor is written in place.
import { noGrad } from "../autograd.js";
import { TorchError } from "../errors.js";
import { functions as torch } from "../ops_gen.js";
import type { RandomGenerator } from "../random.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";

export interface InitOptions {
  /** Default: the device's default generator. */
  generator?: RandomGenerator | undefined;
}

/** How many inputs and outputs one output or input of a weight sees; dimension 0 is taken as the outputs. */
export function fans(weight: Tensor): { fanIn: number; fanOut: number } {
  const [outputs, inputs, ...kernel] = weight.shape;
  if (outputs === undefined || inputs === undefined)
    throw new TorchError("fan in and out need two dimensions or more", "fans", `${weight}`);
  const field = kernel.reduce((product, size) => product * size, 1);
  return { fanIn: inputs * field, fanOut: outputs * field };
}

/** Normal numbers. */
export function normal_<T extends Tensor>(tensor: T, mean = 0, std = 1, options: InitOptions = {}): T {
  return noGrad(() => tensor.normal_(mean, std, { generator: options.generator }));
}

/** Uniform numbers in [from, to). */
export function uniform_<T extends Tensor>(tensor: T, from = 0, to = 1, options: InitOptions = {}): T {
  return noGrad(() => tensor.uniform_(from, to, { generator: options.generator }));
}

export function constant_<T extends Tensor>(tensor: T, value: number): T {
  return noGrad(() => tensor.fill_(value));
}

export function zeros_<T extends Tensor>(tensor: T): T {
  return constant_(tensor, 0);
}

/** U(-b, b) with b = gain * sqrt(6 / (fanIn + fanOut)): Glorot and Bengio 2010. */
export function xavierUniform_<T extends Tensor>(tensor: T, gain = 1, options: InitOptions = {}): T {
  const { fanIn, fanOut } = fans(tensor);
  const std = gain * Math.sqrt(2 / (fanIn + fanOut));
  const bound = Math.sqrt(3) * std;
  return uniform_(tensor, -bound, bound, options);
}

/** N(0, s^2) with s = gain * sqrt(2 / (fanIn + fanOut)): Glorot and Bengio 2010. */
export function xavierNormal_<T extends Tensor>(tensor: T, gain = 1, options: InitOptions = {}): T {
  const { fanIn, fanOut } = fans(tensor);
  return normal_(tensor, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), options);
}

/**
 * U(-b, b) with b = sqrt(6 / ((1 + slope^2) * fan)): He et al. 2015.
 * @param negativeSlope of the leaky ReLU that follows; 0 for a ReLU
 */
export function kaimingUniform_<T extends Tensor>(
  tensor: T,
  negativeSlope = 0,
  options: InitOptions & { mode?: "fanIn" | "fanOut" | undefined } = {},
): T {
  const fan = fans(tensor)[options.mode ?? "fanIn"];
  const gain = Math.sqrt(2 / (1 + negativeSlope ** 2));
  const bound = Math.sqrt(3) * (gain / Math.sqrt(fan));
  return uniform_(tensor, -bound, bound, options);
}

/** A (semi-)orthogonal matrix, the trailing dimensions flattened: Saxe et al. 2014. */
export function orthogonal_<T extends Tensor>(tensor: T, gain = 1, options: InitOptions = {}): T {
  if (tensor.dim < 2) throw new TorchError("needs two dimensions or more", "orthogonal_", `${tensor}`);
  const rows = tensor.size(0);
  const columns = tensor.numel / rows;
  noGrad(() =>
    scope(() => {
      const { dtype, device } = tensor;
      const normal = torch.empty([rows, columns], { dtype, device });
      normal.normal_(0, 1, { generator: options.generator });
      const [q, r] = torch.linalgQr(rows < columns ? normal.t() : normal);
      // The signs of R's diagonal make the distribution uniform.
      const uniform = q.mul(r.diagonal().sign());
      tensor.copy_((rows < columns ? uniform.t() : uniform).reshape(tensor.shape)).mul_(gain);
    }),
  );
  return tensor;
}
