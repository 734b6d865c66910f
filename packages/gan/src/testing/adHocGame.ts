// What tests of the contract share: games made of terms that are written in the test, no registry of terms involved.
import { RandomGenerator, type Tensor, torch } from "@gantry/torch";
import type { JsonObject } from "../core/base/json.js";
import { composeGame } from "../core/config/build.js";
import { validateConfig } from "../core/config/config.js";
import type { Game } from "../core/game/game.js";
import type { PlayOptions } from "../core/game/play.js";
import type { Term } from "../core/game/term.js";
import { Prior } from "../core/nets/prior.js";
import type { DataShape, Sample } from "../core/nets/sample.js";

export const POINTS: DataShape = { kind: "points", shape: [2], classes: undefined };

/** Small smooth networks for points. */
export const SMOOTH = {
  generatorHidden: [3],
  generatorActivation: "tanh",
  generatorBatchNorm: false,
  discriminatorHidden: [4],
  discriminatorActivation: "tanh",
  encoderHidden: [3],
  initialization: "default",
};

class Float64Prior extends Prior {
  override sample(...request: Parameters<Prior["sample"]>): Tensor {
    return super.sample(...request).to({ dtype: "float64" });
  }
}

/** A game of the given terms in float64, every player's optimizer being plain gradient descent with step 0.1. */
export async function adHocGame(
  terms: Readonly<Record<string, Term>>,
  options: {
    family?: string;
    net?: object;
    data?: DataShape;
    batch?: number;
    discriminatorSteps?: number;
    judgeTogether?: boolean | null;
    optimizers?: JsonObject;
  } = {},
): Promise<Game> {
  const prior = { size: 2, distribution: "normal" } as const;
  const config = await validateConfig({
    recipe: "test",
    data: {},
    net: { family: options.family ?? "mlp", prior, ...(options.net ?? SMOOTH) },
    terms: {},
    optimizers: options.optimizers ?? { default: { kind: "sgd", learningRate: 0.1 } },
    schedule: {
      discriminatorSteps: options.discriminatorSteps ?? 1,
      judgeTogether: options.judgeTogether ?? null,
    },
    batch: options.batch ?? 6,
    seed: 5,
  });
  return await composeGame(config, options.data ?? POINTS, {
    prior: new Float64Prior(prior),
    terms: new Map(Object.entries(terms)),
    prepare: (network) => network.to({ dtype: "float64" }),
  });
}

/** A term that makes `fake` out of these latents, every step. */
export const fixedLatents = (latent: () => Tensor): Term => ({
  plan(plan) {
    plan.streams.set("fake", {
      dependsOn: ["generator"],
      sample: (play) => ({ image: play.generate(latent()), latent: latent() }),
    });
  },
});

/** What a step is given. */
export function stepOptions(
  real: () => Sample,
  over: Partial<PlayOptions> = {},
): Omit<PlayOptions, "updating"> {
  return {
    iteration: 0,
    steps: 100,
    batch: 6,
    random: new RandomGenerator(3),
    device: "cpu",
    real,
    logging: true,
    ...over,
  };
}

/** Points that do not change from call to call. */
export const points = (count = 6, seed = 9): Tensor =>
  torch.randn([count, 2], { generator: new RandomGenerator(seed), dtype: "float64" });

/** Every parameter of every player, as numbers. */
export const parametersOf = (game: Game): Record<string, number[]> =>
  Object.fromEntries(
    [...game.players.values()].map(({ name, network }) => [
      name,
      network.parameters().flatMap((parameter) => parameter.toNumbers()),
    ]),
  );
