import { nn, sumOf, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";

/**
 * || W W^T o (1 - I) ||_F^2 of a weight seen as a matrix, out x rest: how far its rows are from orthogonal. In float64, since
 * it is the difference of two sums that are nearly the same where they are.
 */
export function offDiagonal(weight: Tensor): Tensor {
  const matrix = weight.flatten(1).to({ dtype: "float64" });
  const diagonal = matrix.square().sum([1]).square().sum();
  // W W^T and W^T W have the same norm; the smaller is made.
  const tall = matrix.size(0) > matrix.size(1);
  const products = tall ? matrix.t().matmul(matrix) : matrix.matmul(matrix.t());
  return products.square().sum().sub(diagonal).to({ dtype: weight.dtype });
}

/**
 * A network's weights, outputs first, but for tables of classes, whose rows are no features. Spectral norm only scales them:
 * they are taken as they are stored, others as they are used.
 */
const weightsOf = (network: nn.Module): Tensor[] =>
  network.namedModules().flatMap(([, layer]) => {
    if (!(layer instanceof nn.WeightLayer) || layer instanceof nn.Embedding) return [];
    const weight = layer.weightU === undefined ? layer.effectiveWeight() : layer.weight;
    return [layer instanceof nn.ConvTranspose2d ? weight.transpose(0, 1) : weight];
  });

/**
 * weight * sum over a network's weights of || W W^T o (1 - I) ||_F^2, which leaves the rows' lengths free. Its paper found that
 * more of its models can be sampled with truncated latents so (`gantry sample --truncation`). ajbrock/BigGAN-PyTorch adds
 * half of this gradient, and leaves out only the table that G's norms share.
 */
export default defineTerm({
  name: "orthogonal-regularization",
  summary: "rows of a network's weights are to be orthogonal (BigGAN)",
  source: "Brock et al. 2019 (BigGAN), equation 3; ajbrock/BigGAN-PyTorch, utils.ortho",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(1e-4).describe("beta"),
    player: z.string().default("generator").describe("whose weights"),
  }),
  make: ({ weight, player }) => ({
    attach(game) {
      if (!game.has(player))
        throw new UsageError(
          `orthogonal-regularization: there is no player '${player}'; take generator or discriminator`,
        );
    },
    loss(updating, play) {
      const now = play.at(weight);
      if (updating !== player || now === 0) return undefined;
      const losses = weightsOf(play.game.network(player)).map(offDiagonal);
      return losses.length === 0 ? undefined : sumOf(losses).mul(now);
    },
  }),
});
