import { nn, noGrad, scope, sumOf, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import type { Game } from "../game/game.js";
import { defineTerm } from "../game/term.js";
import { didYouMean } from "../nearest.js";

/** A player's parameters, averaged over every update so far, the values before the first among them. */
interface History {
  updates: number;
  readonly means: readonly Tensor[];
}

/**
 * weight * || theta - (1/t) sum_i theta[i] ||^2 on each player's own parameters, theta[i] what they were before its i-th update:
 * players that chase each other in circles are drawn to the middle. The average is a constant to the gradient.
 */
export default defineTerm({
  name: "historical-averaging",
  summary: "holds players to the average of what their parameters were: no chasing in circles",
  source: "Salimans et al. 2016 (Improved Techniques), section 3.3",
  kind: "regularizer",
  options: z.strictObject({
    weight: z.number().min(0).default(0.001).describe("factor on the squared distance; none is published"),
    players: z.array(z.string()).nullable().default(null).describe("whom it holds; null: everyone"),
  }),
  make: ({ weight, players }) => {
    const histories = new Map<string, History>();
    const held = (player: string) => weight > 0 && (players?.includes(player) ?? true);
    const named = (game: Game, player: string) => game.network(player).namedParameters();
    const begin = (player: string, updates: number, values: readonly Tensor[]): History => {
      const means = scope(() => values.map((value) => nn.buffer(value.detach().clone())));
      const history = { updates, means };
      histories.set(player, history);
      return history;
    };
    let names = (_player: string): readonly string[] => [];
    return {
      plan(plan) {
        plan.whenPlanned(() => {
          const known = [...plan.players.keys()];
          const stranger = players?.find((player) => !known.includes(player));
          if (stranger !== undefined)
            plan.refuse(
              `historical-averaging: there is no player '${stranger}'${didYouMean(stranger, known)}; players: ${known.join(", ")}`,
            );
        });
      },
      attach(game) {
        names = (player) => named(game, player).map(([name]) => name);
      },
      loss(player, play) {
        if (!held(player)) return undefined;
        const values = named(play.game, player).map(([, parameter]) => parameter);
        const { means } = histories.get(player) ?? begin(player, 1, values);
        return sumOf(
          values.map((value, i) =>
            value
              .sub(means[i] as Tensor)
              .square()
              .sum(),
          ),
        ).mul(weight);
      },
      afterUpdate(player, play) {
        const history = histories.get(player);
        if (history === undefined) return;
        const values = named(play.game, player).map(([, parameter]) => parameter);
        history.updates++;
        const share = 1 / history.updates;
        noGrad(() => {
          torch.foreachMulScalar_(history.means, 1 - share);
          torch.foreachAdd_(history.means, values, { alpha: share });
        });
      },
      state: {
        save: () => ({
          tensors: new Map(
            [...histories].flatMap(([player, { means }]) =>
              names(player).map((name, i): [string, Tensor] => [`${player}/${name}`, means[i] as Tensor]),
            ),
          ),
          numbers: Object.fromEntries([...histories].map(([player, { updates }]) => [player, updates])),
        }),
        load({ tensors, numbers }) {
          for (const [player, updates] of Object.entries(numbers))
            begin(
              player,
              updates,
              names(player).map((name) => tensors.get(`${player}/${name}`) as Tensor),
            );
        },
      },
      dispose() {
        for (const { means } of histories.values()) for (const mean of means) mean.dispose();
        histories.clear();
      },
    };
  },
});
