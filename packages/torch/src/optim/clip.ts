import { noGrad } from "../autograd.js";
import { TorchError } from "../errors.js";
import type { Parameter } from "../nn/parameter.js";
import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";

/**
 * Gradients scaled so that their joint 2-norm is at most `max`, and the norm before: torch.nn.utils.clip_grad_norm_ as
 * values. Differentiable.
 * @throws TorchError when every gradient is undefined
 */
export function clipGradientNorm<G extends Tensor | undefined>(
  gradients: readonly G[],
  max: number,
): { gradients: G[]; norm: Tensor } {
  const present = gradients.filter((gradient): gradient is G & Tensor => gradient !== undefined);
  if (present.length === 0) throw new TorchError("there is no gradient to clip", "clipGradientNorm");
  const norm = torch.stack(present.map((gradient) => gradient.vectorNorm())).vectorNorm();
  const factor = norm.add(1e-6).reciprocal().mul(max).clampMax(1);
  return { gradients: gradients.map((gradient) => gradient?.mul(factor) as G), norm };
}

/** Clamps every element into [-limit, limit], in place: Arjovsky et al., Wasserstein GAN, 2017. */
export function clampParameters_(parameters: readonly Parameter[], limit: number): void {
  noGrad(() => {
    for (const parameter of parameters) parameter.clamp_(-limit, limit);
  });
}
