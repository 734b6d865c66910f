// D's two steps from one state and one batch: the original and the weighted one.
import { adaptiveWeights, type Weights } from "@gantry/gan/terms";
import { grad, type nn, noGrad, type optim, type Tensor, torch } from "@gantry/torch";

/** Mean scores of the batch's reals and fakes. */
export interface Scores {
  readonly real: number;
  readonly fake: number;
}

export interface BothSteps {
  readonly before: Scores;
  /** After the step along the sum of both gradients, which stays. */
  readonly original: Scores;
  /** After the step by algorithm 1, which is taken back. */
  readonly weighted: Scores;
  /** The same with a gradient as long as the original one: Adam remembers how long gradients were. Taken back. */
  readonly rescaled: Scores;
  readonly weights: Weights;
}

/** Algorithm 1 with the paper's constants. */
const OPTIONS = { normalized: true, low: 0.5, high: 0.75, margin: 0.05, epsilon: 0.05, smoothing: 0 };

const mean = (scores: Tensor) => scores.mean().item();

/** The sum of products of gradients that belong together. */
const product = (a: readonly Tensor[], b: readonly Tensor[]): number =>
  torch
    .stack(a.map((each, i) => each.flatten().dot(b[i]!.flatten())))
    .sum()
    .item();

/**
 * Steps D by the hinge loss twice from one state, scores the batch after each, and leaves it after the original step.
 * @param score D's scores of samples, [n]
 */
export function stepBoth(
  discriminator: nn.Module,
  optimizer: optim.Optimizer,
  score: (samples: Tensor) => Tensor,
  real: Tensor,
  fake: Tensor,
): BothSteps {
  const parameters = discriminator.parameters();
  const look = (): Scores => noGrad(() => ({ real: mean(score(real)), fake: mean(score(fake)) }));
  const [reals, fakes] = [score(real), score(fake)];
  const before = { real: mean(reals.detach()), fake: mean(fakes.detach()) };
  const realGradients = grad(reals.neg().add(1).relu().mean(), parameters);
  const fakeGradients = grad(fakes.add(1).relu().mean(), parameters);
  const weights = adaptiveWeights(
    {
      realScore: mean(reals.detach().sigmoid()),
      fakeScore: mean(fakes.detach().sigmoid()),
      realSquare: product(realGradients, realGradients),
      fakeSquare: product(fakeGradients, fakeGradients),
      product: product(realGradients, fakeGradients),
    },
    OPTIONS,
  );
  const saved = noGrad(() => parameters.map((parameter) => parameter.clone()));
  const { tensors, numbers } = optimizer.stateDict();
  const state = {
    tensors: new Map([...tensors].map(([name, tensor]) => [name, noGrad(() => tensor.clone())])),
    numbers: { ...numbers },
  };
  const tried = (gradients: readonly Tensor[]): Scores => {
    optimizer.step(gradients);
    const scores = look();
    noGrad(() => {
      for (const [i, parameter] of parameters.entries()) parameter.copy_(saved[i]!);
    });
    optimizer.loadStateDict(state);
    return scores;
  };
  const original = realGradients.map((each, i) => each.add(fakeGradients[i]!));
  const direction = realGradients.map((each, i) =>
    each.mul(weights.real).add(fakeGradients[i]!, { alpha: weights.fake }),
  );
  const longer = Math.sqrt(product(original, original) / Math.max(product(direction, direction), 1e-30));
  const weighted = tried(direction);
  const rescaled = tried(direction.map((each) => each.mul(longer)));
  optimizer.step(original);
  return { before, original: look(), weighted, rescaled, weights };
}
