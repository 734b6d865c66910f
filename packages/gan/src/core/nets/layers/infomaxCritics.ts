import { nn, type Tensor, torch } from "@gantry/torch";
import { xavierConv2d, xavierLinear } from "./xavier.js";

/** A 1x1 convolution that can be asked for inner products with its output, without making that output. */
class Projection extends nn.Conv2d {
  constructor(inputs: number, outputs: number) {
    super(inputs, outputs, { kernelSize: 1, spectralNorm: true });
    nn.init.xavierUniform_(this.weight);
  }

  /**
   * The inner products of forward(input) with each of A vectors, at every place: (W x + b)^T v = x^T (W^T v) + b^T v.
   * @param input N,inputs,H,W
   * @param vectors A,outputs
   * @returns N,A,H,W
   */
  innerProducts(input: Tensor, vectors: Tensor): Tensor {
    const filters = vectors.matmul(this.effectiveWeight().flatten(1));
    return torch.conv2d(
      input,
      filters.view([...filters.shape, 1, 1]),
      vectors.matmul(this.bias as nn.Parameter),
    );
  }
}

/** Layers after one another, each with a ReLU behind it. */
const through = (layers: readonly nn.Layer[], input: Tensor): Tensor =>
  layers.reduce((values, layer) => layer.forward(values).relu(), input);

/** phi_theta: hidden layers over local features, and a linear shortcut. */
class LocalCritic extends nn.Module {
  readonly hidden: nn.Conv2d;
  /** Hidden layers behind the first. */
  readonly deeper: readonly nn.Conv2d[];
  readonly output: Projection;
  readonly shortcut: Projection;

  constructor(channels: number, units: number, layers: number) {
    super();
    const layer = () => xavierConv2d(channels, channels, { kernelSize: 1, spectralNorm: true });
    this.hidden = layer();
    this.deeper = Array.from({ length: layers - 1 }, layer);
    this.output = new Projection(channels, units);
    this.shortcut = new Projection(channels, units);
  }

  innerProducts(local: Tensor, vectors: Tensor): Tensor {
    const hidden = through([this.hidden, ...this.deeper], local);
    return this.output.innerProducts(hidden, vectors).add(this.shortcut.innerProducts(local, vectors));
  }
}

/** phi_omega: the same over global features. N,width to N,units. */
class GlobalCritic extends nn.Layer {
  readonly hidden: nn.Linear;
  /** Hidden layers behind the first. */
  readonly deeper: readonly nn.Linear[];
  readonly output: nn.Linear;
  readonly shortcut: nn.Linear;

  constructor(width: number, hidden: number, units: number, layers: number) {
    super();
    this.hidden = xavierLinear(width, hidden, { spectralNorm: true });
    this.deeper = Array.from({ length: layers - 1 }, () =>
      xavierLinear(hidden, hidden, { spectralNorm: true }),
    );
    this.output = xavierLinear(hidden, units, { spectralNorm: true });
    this.shortcut = xavierLinear(width, units, { spectralNorm: true });
  }

  forward(global: Tensor): Tensor {
    const hidden = through([this.hidden, ...this.deeper], global);
    return this.output.forward(hidden).add(this.shortcut.forward(global));
  }
}

/**
 * InfoMax-GAN's critics: they project a discriminator's local and global features to `units` dimensions, where their
 * inner product is the score g of equation 5. Spectral norm everywhere, weights Xavier-uniform.
 *
 * The hidden layers are as wide as in kwotsin/mimicry: the local one as its input, the global one as D's last map has
 * channels. A DCGAN's global features are that map flattened; there and in the ResNets the map has at most twice the
 * channels of the local one, which is what bounds the width here.
 *
 * The projected local features, N,units,M,M, are never made: with the vectors pulled through the last layers (see
 * Projection) scores cost units * N * channels + N^2 M^2 * channels multiplications instead of N M^2 * units * channels.
 */
export class InfomaxCritics extends nn.Module {
  readonly local: LocalCritic;
  readonly global: GlobalCritic;

  /**
   * @param channels of the local features
   * @param global length of the global ones
   * @param units R, 1024 in the paper
   * @param layers hidden layers of each; 1 in the paper
   */
  constructor(channels: number, global: number, units: number, layers = 1) {
    super();
    this.local = new LocalCritic(channels, units, layers);
    this.global = new GlobalCritic(global, Math.min(global, 2 * channels), units, layers);
  }

  /**
   * @param local N,C,M,M
   * @param global N,F
   * @returns N,N,M,M: at [i, a, y, x] the score of image i's local vector at (y, x) with image a's global vector
   */
  scores(local: Tensor, global: Tensor): Tensor {
    return this.local.innerProducts(local, this.global.forward(global));
  }
}

/** What the public code writes over the scores of an image's own local vectors. */
const MASKED = -10;

/**
 * The contrastive loss of InfoMax-GAN.
 *
 * `paper`, equation 4: every pair (image a's global vector, one of its own M^2 local vectors) is to be told from the pairs
 * of the same global vector with all N M^2 local vectors of the batch. The denominator depends on the global vector alone,
 * so with S[i, a, p] the score of image i's place p: loss = mean_a [logsumexp_(i,p) S[i, a, p] - mean_p S[a, a, p]].
 *
 * `public`, kwotsin/mimicry: each positive is told from itself and N M^2 others, among which the scores of its own
 * image are overwritten with -10: loss = mean_(a,p) [log(e^S[a,a,p] + M^2 e^-10 + sum_(i != a, q) e^S[i,a,q]) - S[a,a,p]].
 *
 * @param scores N,N,M,M: [image of the local vector, image of the global vector, place]
 * @returns a single number
 */
export function contrastiveLoss(scores: Tensor, variant: "paper" | "public"): Tensor {
  const positives = scores.diagonal(0, 0, 1);
  if (variant === "paper") return scores.logsumexp([0, 2, 3]).mean().sub(positives.mean());
  const count = scores.size(0);
  const own = torch.eye(count, { device: scores.device }).view([count, count, 1, 1]).gt(0);
  const negatives = scores.maskedFill(own, MASKED).logsumexp([0, 2, 3]);
  // log(e^p + e^n) - p = softplus(n - p); the usual threshold of 20 would cost float64 its last digits.
  return negatives.sub(positives).softplus(1, 40).mean();
}

/**
 * The lower bound on the mutual information of local and global features that a contrastive loss is, in nats: the logarithm
 * of how many a positive is told from, itself among them, less the loss (van den Oord et al. 2018, equation 5; InfoMax-GAN,
 * section 3.1). By equation 4 these are all N M^2 places; publicly the own image's others are masked, which leaves
 * (N - 1) M^2 + 1.
 *
 * @param scores N,N,M,M, as of the loss
 */
export function informationBound(scores: Tensor, loss: Tensor, variant: "paper" | "public"): Tensor {
  const [count = 0, , height = 0, width = 0] = scores.shape;
  const places = height * width;
  return loss.neg().add(Math.log(variant === "paper" ? count * places : (count - 1) * places + 1));
}
