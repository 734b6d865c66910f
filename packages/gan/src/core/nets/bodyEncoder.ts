import { distributed, type nn, type Tensor, torch } from "@gantry/torch";
import { Encoder, type Encoding } from "./contract.js";
import type { EncoderRequest } from "./family.js";

/** How many numbers an encoder's body must make of an image. */
export const encodingSize = ({ prior, stochastic }: EncoderRequest): number =>
  prior.size * (stochastic ? 2 : 1);

/** An encoder that is one body, images to N,encodingSize: the latent, or means and logarithms of variances to draw it by. */
export class BodyEncoder extends Encoder {
  readonly inputShape: readonly number[];
  readonly latentSize: number;
  readonly body: nn.Layer;
  readonly #stochastic: boolean;

  constructor({ data, prior, stochastic }: EncoderRequest, body: nn.Layer) {
    super();
    this.inputShape = data.shape;
    this.latentSize = prior.size;
    this.#stochastic = stochastic;
    this.body = body;
  }

  forward(image: Tensor): Encoding {
    const output = this.body.forward(image);
    return this.#stochastic ? drawLatent(output) : { latent: output };
  }
}

/**
 * A latent drawn from the Gaussian that an encoder predicts, differentiably: mean + exp(logVariance / 2) * noise.
 * @param output N,2L: means, then logarithms of variances
 * Source: Kingma, Welling 2014, section 2.4.
 */
function drawLatent(output: Tensor): Encoding {
  const [mean, logVariance] = output.chunk(2, 1) as [Tensor, Tensor];
  const { dtype, device } = mean;
  const noise = distributed.drawRows(mean.shape, (all) => torch.randn(all, { dtype, device }));
  return { latent: mean.add(logVariance.mul(0.5).exp().mul(noise)), mean, logVariance };
}
