import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../core/base/errors.js";
import { normStatistics } from "../core/nets/normStatistics.js";
import { ParameterAverage } from "../core/nets/parameterAverage.js";

/** Whose statistics batch norms have beside averaged weights: the network's own running ones, or averages of these. */
export type AveragedStatistics = "own" | "averaged";

/**
 * An exponential moving average of a network's parameters: average = decay * average + (1 - decay) * weights. With decay 0 it
 * follows the weights. Batch norms' running means and variances are averaged alike where that is asked for, as BigGAN's code
 * does, or are the network's own, as in AutoGAN's; other buffers (the vectors of spectral norm, StyleGAN's mean of w) are the
 * network's own. Source: Yazici et al. 2019; ajbrock/BigGAN-PyTorch, utils.ema.
 */
export class WeightAverage extends ParameterAverage {
  /** The network's running statistics that are averaged too, by name. */
  readonly #running: readonly (readonly [name: string, buffer: nn.Buffer])[];
  readonly #runningAverages: readonly Tensor[];

  /**
   * @param statistics default `own`
   * @throws UsageError for statistics to average of a network that has none
   */
  constructor(network: nn.Module, statistics: AveragedStatistics = "own") {
    const norms = statistics === "own" ? [] : normStatistics(network);
    if (statistics === "averaged" && norms.length === 0)
      throw new UsageError(
        "average.statistics=averaged: this generator has no batch norm whose statistics could be averaged; set average.statistics=own",
      );
    super(network);
    this.#running = norms.flatMap(({ mean, variance }) => [mean, variance]);
    this.#runningAverages = scope(() =>
      this.#running.map(([, buffer]) => nn.buffer(buffer.detach().clone())),
    );
  }

  /**
   * After an iteration.
   * @param decay what it keeps of the average
   */
  update(decay: number): void {
    this.blend(1 - decay);
  }

  override blend(share: number): void {
    super.blend(share);
    if (this.#running.length === 0) return;
    const running = this.#running.map(([, buffer]) => buffer);
    noGrad(() =>
      scope(() => {
        torch.foreachMulScalar_(this.#runningAverages, 1 - share);
        torch.foreachAdd_(this.#runningAverages, running, { alpha: share });
      }),
    );
  }

  /** Makes the average what the network is now. */
  restart(): void {
    noGrad(() => {
      for (const [i, average] of this.averages.entries()) average.copy_(this.parameters[i] as nn.Parameter);
      for (const [i, average] of this.#runningAverages.entries()) average.copy_(this.#running[i]![1]);
    });
  }

  /** Runs `body` with the average in the network's place. */
  apply<T>(body: () => T): T {
    const own = scope(() => this.#running.map(([, buffer]) => nn.buffer(buffer.detach().clone())));
    const set = (values: readonly Tensor[]) =>
      noGrad(() => {
        for (const [i, [, buffer]] of this.#running.entries()) buffer.copy_(values[i] as Tensor);
      });
    set(this.#runningAverages);
    try {
      return nn.withParameters(this.parameters, this.averages, body);
    } finally {
      set(own);
      for (const tensor of own) tensor.dispose();
    }
  }

  override stateDict(): Map<string, Tensor> {
    const running = this.#running.map(([name], i) => [name, this.#runningAverages[i] as Tensor] as const);
    return new Map([...super.stateDict(), ...running]);
  }

  override dispose(): void {
    super.dispose();
    for (const tensor of this.#runningAverages) tensor.dispose();
  }
}
