import { distributed, nn, noGrad, scope, sumOf, type Tensor, torch } from "@gantry/torch";
import { ScoreHead } from "../contract.js";
import { xavierLinear } from "./xavier.js";

export interface MinibatchOptions {
  /** B: kernels. */
  readonly kernels: number;
  /** C: numbers that a kernel makes of an image. */
  readonly dimensions: number;
  /** Of closeness over the other images. Default mean. */
  readonly reduction?: "mean" | "sum";
  readonly spectralNorm?: boolean;
}

/**
 * How close an image is to the others of its batch, as B kernels see it, N,F to N numbers on the score:
 *
 *     M_i = f_i T, B x C numbers        o_b(i) = mean over j != i of exp(-|| M_ib - M_jb ||_1)
 *
 * The paper hands o to D's last layer beside f, which reads both by one matrix: that is, as here, its own score and a
 * linear one of o. The code's bias of o is in that layer's. Columns of T have lengths of their own (weight
 * normalisation), and the first batch in training sets every kernel's so that an image is on the average 2 from the
 * next: with features of any size some kernels would else see nothing, and learn nothing. The paper has a sum
 * (`reduction`; the 1 that an image is to itself, which its sum has too, is a constant that D's bias takes), which the last
 * layer's weights could make up for; but Adam moves those as fast however much they count, and with a sum of 63 DCGAN's
 * D won on Fashion-MNIST before G had learned anything (dcgan --preset small, 1,500 iterations).
 *
 * Source: Salimans et al. 2016, section 3.2; openai/improved-gan, nn.py.
 */
export class MinibatchDiscrimination extends ScoreHead {
  /** Directions of T, F, B * C. */
  readonly theta: nn.Parameter;
  /** Logarithms of the lengths of T's columns, B * C, as multiples of the kernel's unit. */
  readonly logLength: nn.Parameter;
  /** What each kernel's distances are divided by, B; 0 before the first batch. */
  readonly unit: nn.Buffer;
  readonly output: nn.Linear;
  readonly #shape: readonly [kernels: number, dimensions: number];
  readonly #reduction: "mean" | "sum";

  constructor(
    features: number,
    { kernels, dimensions, reduction = "mean", spectralNorm = false }: MinibatchOptions,
  ) {
    super();
    this.#reduction = reduction;
    const columns = kernels * dimensions;
    this.#shape = [kernels, dimensions];
    this.theta = scope(() => nn.parameter(torch.empty([features, columns])));
    nn.init.normal_(this.theta, 0, 0.05);
    this.logLength = scope(() => nn.parameter(torch.zeros([columns])));
    this.unit = scope(() => nn.buffer(torch.zeros([kernels])));
    this.output = xavierLinear(kernels, 1, { bias: false, spectralNorm });
  }

  /** @throws TorchError where nn.batchGroups() asks for parts that do not divide the batch */
  forward(features: Tensor): Tensor {
    return scope(() => {
      const [kernels, dimensions] = this.#shape;
      const groups = nn.currentBatchGroups();
      const directions = this.theta.div(this.theta.square().sum([0]).sqrt());
      const own = features
        .matmul(directions.mul(this.logLength.exp()))
        .to({ dtype: this.theta.dtype })
        .view([groups, -1, kernels, dimensions]);
      const made = distributed.rowsOfBatch(own, 1);
      // Group, image, other image, kernel: dimension by dimension, in half the time of all in one tensor.
      const apart = sumOf(
        Array.from({ length: dimensions }, (_, dimension) => {
          const one = made.select(3, dimension).contiguous();
          return one.unsqueeze(2).sub(one.unsqueeze(1)).abs();
        }),
      );
      // An image is 0 from itself: exp makes 1 of that.
      const near = apart
        .div(this.#unitFor(apart))
        .neg()
        .exp()
        .sum([2])
        .sub(1)
        .div(this.#reduction === "sum" ? 1 : Math.max(1, apart.size(1) - 1));
      return this.output.forward(distributed.ownRows(near, 1).reshape([-1, kernels])).squeezeAt(1);
    });
  }

  /** The units, set first where they are not: from half the mean distance to the next image. Nothing waits for the device. */
  #unitFor(apart: Tensor): Tensor {
    const count = apart.size(1);
    return noGrad(() => {
      const unknown = this.unit.eq(0).to({ dtype: this.unit.dtype });
      if (!this.training || count < 2) return this.unit.add(unknown);
      const itself = torch.eye(count, { device: apart.device }).mul(1e15).view([1, count, count, 1]);
      const next = apart.detach().add(itself).amin([2]).mean([0, 1]).div(2);
      const measured = next.add(next.eq(0));
      const units = this.unit.add(unknown.mul(measured));
      this.unit.copy_(units);
      return units;
    });
  }
}
