// Small networks of one's own, fitted: what studies of closed forms are held against.
import { RunError } from "@gantry/gan";
import { grad, manualSeed, nn, optim, scope, setThreads, type Tensor } from "@gantry/torch";

/** The same numbers from the same seed, by one thread as every cell has. */
export function begin(seed: number): void {
  setThreads(1);
  manualSeed(seed);
}

/**
 * Linear layers with ReLUs between, initialised as PyTorch does.
 * @param widths of the input, the hidden layers and the output
 */
export function mlp(widths: readonly number[], options: nn.WeightOptions = {}): nn.Sequential {
  return new nn.Sequential(
    ...widths.slice(1).flatMap((width, i) => {
      const linear = new nn.Linear(widths[i]!, width, options);
      return i + 2 < widths.length ? [linear, new nn.ReLU()] : [linear];
    }),
  );
}

export interface FitOptions {
  readonly steps: number;
  /** The caller's own, which stays. Default: one of this call, Adam with 1e-3. */
  readonly optimizer?: optim.Optimizer;
  /** Called after each update, as clipping is. */
  readonly after?: () => void;
}

/**
 * Minimises a loss over a network's parameters.
 * @param loss made anew at each step
 * @throws RunError where the loss is not finite any more
 */
export function fit(network: nn.Module, loss: (step: number) => Tensor, options: FitOptions): void {
  const { steps, after } = options;
  const parameters = network.parameters();
  const optimizer = options.optimizer ?? new optim.Adam(parameters, { learningRate: 1e-3 });
  for (let step = 0; step < steps; step++) {
    const value = scope(() => {
      const now = loss(step);
      optimizer.step(grad(now, parameters));
      return now.item();
    });
    if (!Number.isFinite(value)) throw new RunError(`the loss became ${value} at step ${step}`);
    after?.();
  }
  if (options.optimizer === undefined) optimizer.dispose();
}

/** Evenly spaced numbers, both ends included. */
export const evenlySpaced = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

/** Four digits: results are kept as text. */
export const brief = (value: number): number => Number(value.toPrecision(4));

/** The slope of a line through points, by least squares. */
export function slopeOf(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const across = x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return across / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}
