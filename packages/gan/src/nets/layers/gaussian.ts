import { type Tensor, torch } from "@gantry/torch";
import type { Encoding } from "../contract.js";

/**
 * A latent drawn from the Gaussian that an encoder predicts, differentiably: mean + exp(logVariance / 2) * noise.
 * @param output N,2L: means, then logarithms of variances
 * Source: Kingma, Welling 2014, section 2.4.
 */
export function drawLatent(output: Tensor): Encoding {
  const [mean, logVariance] = output.chunk(2, 1) as [Tensor, Tensor];
  const noise = torch.randn(mean.shape, { dtype: mean.dtype, device: mean.device });
  return { latent: mean.add(logVariance.mul(0.5).exp().mul(noise)), mean, logVariance };
}
