import { type GradOptions, grad, type nn, sumOf, type Tensor } from "@gantry/torch";
import type { Judgement, Play } from "./play.js";

/** A discriminator's loss whose real and fake parts are wanted apart (adaptive weights); it stands for their sum. */
export interface Split {
  readonly real: Tensor;
  readonly fake: Tensor;
  /** The judgements it comes from, a pair for every contest: for rules that go by the scores. */
  readonly judged: readonly { readonly real: Judgement; readonly fake: Judgement }[];
}

export const isSplit = (loss: Tensor | readonly Tensor[] | Split): loss is Split =>
  "real" in loss && "fake" in loss;

/** A player's losses of one step. */
export interface Losses {
  /** Losses that come in a real and a fake part. */
  readonly splits: readonly Split[];
  /** All others. */
  readonly wholes: readonly Tensor[];
}

/** What becomes of the losses' graph: kept for another team, or recorded on for unrolled updates. */
export type GraphOptions = Pick<GradOptions, "retainGraph" | "createGraph">;

/**
 * How the gradients of a player's parameters are made from its losses. Gradients are values: a rule may reshape them.
 * @returns one a parameter; undefined where no loss depends on it
 */
export type GradientRule = (
  losses: Losses,
  parameters: readonly nn.Parameter[],
  play: Play,
  graph: GraphOptions,
) => (Tensor | undefined)[];

/** Every loss, parts added up. */
export function totalLoss(losses: Losses): Tensor | undefined {
  const all = [...losses.splits.map((split) => split.real.add(split.fake)), ...losses.wholes];
  return all.length === 0 ? undefined : sumOf(all);
}

/** The ordinary rule: the gradient of the sum, in one backward pass. */
export const gradientOfSum: GradientRule = (losses, parameters, _play, graph) => {
  const total = totalLoss(losses);
  if (total === undefined) return parameters.map(() => undefined);
  return grad(total, parameters, { ...graph, allowUnused: true });
};
