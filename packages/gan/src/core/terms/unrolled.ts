import { nn, type optim, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { type ComposedGame, defineTerm } from "../game/term.js";
import { MemoryForecast } from "../nets/memory.js";

/**
 * G's losses see D as it would be after `steps` more updates on the same samples. Gradients flow through those updates, its
 * optimizer's moments included, so that G knows how D would answer; D itself, its batch statistics and its singular
 * vectors stay. With 0 steps, the ordinary game.
 *
 * Each inner update minimises everything D minimises, by its gradient rule, and in float32. What D's losses detach from G (gradient-penalty
 * does, the points between real and fake) stays detached: that part of D's answer G does not foresee.
 */
export default defineTerm({
  name: "unrolled",
  summary: "G looks some of D's updates ahead, and through them",
  source: "Metz et al. 2017 (Unrolled GAN), equations 7 to 11; poolio/unrolled_gan",
  kind: "gradient",
  options: z.strictObject({
    steps: z.int().min(0).max(1000).default(5).describe("k: updates looked ahead, each kept in memory"),
    discriminator: z.string().default("discriminator").describe("who is looked through"),
    player: z.string().default("generator").describe("who looks"),
  }),
  make: ({ steps, discriminator, player }) => {
    let game: ComposedGame;
    return {
      plan(plan) {
        for (const name of [discriminator, player])
          if (!plan.players.has(name))
            plan.refuse(
              `unrolled: there is no player '${name}'; known: ${[...plan.players.keys()].join(", ")}`,
            );
        if (discriminator === player) plan.refuse("unrolled: nobody looks through themselves");
      },
      attach(composed) {
        game = composed;
      },
      around(who, play, body) {
        if (steps === 0 || who !== player) return body(play);
        const { network, optimizer } = game.player(discriminator);
        const { parameters } = optimizer;
        const buffers = network.buffers();
        const before = buffers.map((buffer) => buffer.clone());
        let values: readonly Tensor[] = parameters;
        let state: optim.OptimizerState | undefined;
        const forecast = new MemoryForecast(steps);
        for (let step = 0; step < steps; step++) {
          const gradients = nn.withParameters(parameters, values, () => {
            const ahead = play.rejudge({ logging: false });
            // LibTorch 1.13 cannot differentiate the gradients of bfloat16 convolutions.
            const losses = game.evaluate([discriminator], ahead, "float32");
            return game.gradients([discriminator], losses, ahead, { createGraph: true });
          });
          const updated = optimizer.differentiable(values, gradients, state);
          values = updated.parameters;
          state = updated.state;
          forecast.roundDone(`unrolled: ${steps} updates ahead`, "give fewer by --set terms.unrolled.steps");
        }
        buffers.forEach((buffer, i) => {
          buffer.assign(before[i] as Tensor);
        });
        return nn.withParameters(parameters, values, () => body(play.rejudge()));
      },
    };
  },
});
