import { noGrad } from "../autograd.js";
import { rowsOfRanks, size } from "../distributed.js";
import { functions as torch } from "../ops_gen.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import type { Buffer, Parameter } from "./parameter.js";

interface Normalised {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly runningMean: Buffer;
  readonly runningVar: Buffer;
  readonly momentum: number;
  readonly eps: number;
}

/**
 * Batch norm in training over the rows of all processes, of one size each: from each one's mean and variance those of all, in
 * one message. It is written in operators that can be differentiated, and so can be twice.
 *
 * The variance is the mean of the processes' own and of their means' squared distances from the common one (Chan, Golub, LeVeque
 * 1979): a mean square less a squared mean would lose digits.
 * @param groups parts of the batch, each normalised by itself
 */
export function syncBatchNorm(input: Tensor, groups: number, norm: Normalised): Tensor {
  return scope(() => {
    const exact = input.dtype === "bfloat16" ? input.to({ dtype: "float32" }) : input;
    const channels = exact.size(1);
    const over = exact.shape.map((_, i) => i).filter((i) => i !== 1);
    const wide = exact.shape.map((_, i) => (i === 1 ? channels : 1));
    const parts = groups === 1 ? [exact] : exact.chunk(groups, 0);
    const own = parts.map((part) => {
      const mean = part.mean(over);
      const variance = part.sub(mean.view(wide)).square().mean(over);
      return torch.stack([mean, variance]);
    });
    // Process, group, mean or variance, channel.
    const all = rowsOfRanks(torch.stack(own).unsqueeze(0));
    const means = all.select(2, 0);
    const mean = means.mean([0]);
    const variance = all.select(2, 1).add(means.sub(mean).square()).mean([0]);
    const outputs = parts.map((part, group) => {
      const [middle, spread] = [mean.select(0, group), variance.select(0, group)];
      follow(norm, middle, spread, (part.numel / channels) * size());
      const scale = spread.add(norm.eps).rsqrt();
      const factor = norm.weight === undefined ? scale : scale.mul(norm.weight);
      const made = part.sub(middle.view(wide)).mul(factor.view(wide));
      return norm.bias === undefined ? made : made.add(norm.bias.view(wide));
    });
    const output = groups === 1 ? (outputs[0] as Tensor) : torch.cat(outputs, 0);
    return output.dtype === input.dtype ? output : output.to({ dtype: input.dtype });
  });
}

/** Moves running statistics; the variance of `count` numbers unbiased. */
function follow(
  { runningMean, runningVar, momentum }: Normalised,
  mean: Tensor,
  variance: Tensor,
  count: number,
): void {
  noGrad(() => {
    const move = (running: Buffer, now: Tensor) =>
      running.mul_(1 - momentum).add_(now.detach(), { alpha: momentum });
    move(runningMean, mean.to({ dtype: runningMean.dtype }));
    move(runningVar, variance.mul(count / (count - 1)).to({ dtype: runningVar.dtype }));
  });
}
