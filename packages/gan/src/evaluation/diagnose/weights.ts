import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import type { Player } from "../../core/game/term.js";

/** A first moment as small as this is of no gradient. */
const NOTHING = 1e-20;

/**
 * What a player's weights, and its optimizer's memory of their gradients, tell. It reads what is there and computes no gradient.
 *
 * - `weights/PLAYER`: root mean square of all parameters
 * - `gradient/PLAYER`: likewise of the gradients, averaged as Adam does (its first moment); of RMSProp, from its mean squares
 * - `dead/PLAYER`: share of weight matrices whose gradient has been 0 for so long that the average is
 */
export function weightSignals({ name, network, optimizer }: Player): Record<string, number> {
  const state = optimizer.stateDict().tensors;
  const kind = ["exp_avg", "square_avg"].find((each) => state.has(`${each}.0`));
  const parameters = network.parameters();
  const moments = optimizer.parameters.flatMap((parameter, i) => {
    const moment = kind === undefined ? undefined : state.get(`${kind}.${i}`);
    return moment === undefined ? [] : [{ moment, isMatrix: parameter.dim > 1 }];
  });
  const [weightNorms, momentNorms] = noGrad(() =>
    scope(
      () =>
        [
          norms(parameters),
          norms(
            moments.map(({ moment }) => moment),
            kind === "square_avg",
          ),
        ] as const,
    ),
  );
  const rms = (squares: readonly number[], tensors: readonly Tensor[]) =>
    Math.sqrt(
      squares.reduce((sum, square) => sum + square, 0) / tensors.reduce((sum, { numel }) => sum + numel, 0),
    );
  const signals: Record<string, number> = { [`weights/${name}`]: rms(weightNorms, parameters) };
  if (moments.length === 0) return signals;
  signals[`gradient/${name}`] = rms(
    momentNorms,
    moments.map(({ moment }) => moment),
  );
  const matrices = moments.flatMap(({ isMatrix }, i) => (isMatrix ? [momentNorms[i]!] : []));
  if (matrices.length > 0)
    signals[`dead/${name}`] = matrices.filter((square) => square <= NOTHING ** 2).length / matrices.length;
  return signals;
}

/** Sums of squares, or sums of what are squares already; read in one transfer. */
function norms(tensors: readonly Tensor[], areSquares = false): number[] {
  if (tensors.length === 0) return [];
  return torch
    .stack(
      tensors.map((tensor) => {
        const wide = tensor.detach().to({ dtype: "float32" });
        return areSquares ? wide.sum() : wide.square().sum();
      }),
    )
    .toNumbers();
}
