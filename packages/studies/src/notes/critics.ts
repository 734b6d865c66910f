// Discriminators and critics between two fixed distributions, each trained to its end.
import { grad, type nn, optim, type Tensor, torch } from "@gantry/torch";
import { fit, mlp } from "../engine/fit.js";

export type CriticKind = "cross-entropy" | "clipping" | "penalty" | "spectral";

export interface CriticTask {
  /** Coordinates of a point. */
  readonly size: number;
  readonly hidden: readonly number[];
  readonly steps: number;
  readonly batch: number;
  /** Points of the real and of the fake distribution, [count, size]. */
  readonly real: (count: number) => Tensor;
  readonly fake: (count: number) => Tensor;
}

/** Weights are held within it: WGAN's. */
export const CLIP = 0.01;
/** Of the penalty: WGAN-GP's. */
const PENALTY = 10;

/** Slopes of the critic at points, a row each; with a graph where it is asked for. */
export function slopesAt(network: nn.Sequential, points: Tensor, createGraph = false): Tensor {
  const at = points.detach().requiresGrad_();
  const [slopes] = grad(network.forward(at).sum(), [at], { createGraph });
  return slopes!;
}

/** WGAN-GP's: the squared distance of the slope's norm from 1, between reals and fakes. */
function penalty(network: nn.Sequential, real: Tensor, fake: Tensor): Tensor {
  const share = torch.rand([real.size(0), 1]);
  const between = real.mul(share).add(fake.mul(share.neg().add(1)));
  const norms = slopesAt(network, between, true).square().sum([1]).add(1e-12).sqrt();
  return norms.sub(1).square().mean();
}

/** The trained network: logits of D, or the critic's values. */
export function trainCritic(kind: CriticKind, task: CriticTask): nn.Sequential {
  const { size, hidden, steps, batch } = task;
  const network = mlp([size, ...hidden, 1], { spectralNorm: kind === "spectral" });
  const parameters = network.parameters();
  // WGAN's optimizer for its critic; for all others the same Adam.
  const optimizer =
    kind === "clipping"
      ? new optim.RMSProp(parameters, { learningRate: 5e-5 })
      : new optim.Adam(parameters, { learningRate: 1e-3, betas: [0.5, 0.9] });
  fit(
    network,
    () => {
      const [real, fake] = [task.real(batch), task.fake(batch)];
      const [high, low] = [network.forward(real), network.forward(fake)];
      if (kind === "cross-entropy") return high.neg().softplus().mean().add(low.softplus().mean());
      const distance = low.mean().sub(high.mean());
      return kind === "penalty" ? distance.add(penalty(network, real, fake), { alpha: PENALTY }) : distance;
    },
    {
      steps,
      optimizer,
      after: () => {
        if (kind === "clipping") optim.clampParameters_(parameters, CLIP);
      },
    },
  );
  optimizer.dispose();
  network.train(false);
  return network;
}

/** The share of the values' variance that the best line or plane over their points explains: R². */
export function linearShare(points: readonly (readonly number[])[], values: readonly number[]): number {
  // Least squares with an intercept, by the normal equations of few unknowns.
  const rows = points.map((point) => [1, ...point]);
  const n = rows[0]?.length ?? 1;
  const system = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    rows.reduce((sum, row, at) => sum + row[i]! * values[at]!, 0),
  ]);
  for (let i = 0; i < n; i++) {
    const pivot = system[i]!;
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = system[j]![i]! / pivot[i]!;
      system[j] = system[j]!.map((value, k) => value - factor * pivot[k]!);
    }
  }
  const weights = system.map((row, i) => row[n]! / row[i]!);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const left = rows.reduce((sum, row, at) => {
    return sum + (values[at]! - row.reduce((total, value, i) => total + value * weights[i]!, 0)) ** 2;
  }, 0);
  const all = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return all > 0 ? 1 - left / all : 1;
}
