import { type nn, sumOf, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { didYouMean } from "../base/nearest.js";
import { isNever, scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";
import { ParameterAverage } from "../nets/parameterAverage.js";

/** Of a player: its parameters averaged over every update so far, the values before the first among them. */
interface History {
  updates: number;
  readonly mean: ParameterAverage;
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
    weight: scheduled(z.number().min(0))
      .default(0.001)
      .describe("factor on the squared distance; none is published"),
    players: z.array(z.string()).nullable().default(null).describe("whom it holds; null: everyone"),
  }),
  make: ({ weight, players }) => {
    const histories = new Map<string, History>();
    const held = (player: string) => !isNever(weight) && (players?.includes(player) ?? true);
    let network: (player: string) => nn.Module;
    const begin = (player: string): History => {
      const history = { updates: 1, mean: new ParameterAverage(network(player)) };
      histories.set(player, history);
      return history;
    };
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
        network = (player) => game.network(player);
      },
      loss(player, play) {
        if (!held(player)) return undefined;
        const { parameters, averages } = (histories.get(player) ?? begin(player)).mean;
        const squares = parameters.map((value, i) =>
          value
            .sub(averages[i] as Tensor)
            .square()
            .sum(),
        );
        return sumOf(squares).mul(play.at(weight));
      },
      afterUpdate(player) {
        const history = histories.get(player);
        if (history !== undefined) history.mean.blend(1 / ++history.updates);
      },
      state: {
        save: () => ({
          tensors: new Map(
            [...histories].flatMap(([player, { mean }]) =>
              [...mean.stateDict()].map(([name, tensor]): [string, Tensor] => [`${player}/${name}`, tensor]),
            ),
          ),
          numbers: Object.fromEntries([...histories].map(([player, { updates }]) => [player, updates])),
        }),
        load({ tensors, numbers }) {
          for (const [player, updates] of Object.entries(numbers)) {
            const history = histories.get(player) ?? begin(player);
            history.updates = updates;
            const own = [...tensors].filter(([key]) => key.startsWith(`${player}/`));
            history.mean.loadStateDict(
              new Map(own.map(([key, tensor]) => [key.slice(player.length + 1), tensor])),
            );
          }
        },
      },
      dispose() {
        for (const { mean } of histories.values()) mean.dispose();
        histories.clear();
      },
    };
  },
});
