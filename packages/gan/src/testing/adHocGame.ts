// What tests of the contract share: games made of terms that are written in the test, no registry of terms involved.
import { manualSeed, type nn, optim, RandomGenerator, type Tensor, torch } from "@gantry/torch";
import { Game } from "../core/game/game.js";
import { Plan } from "../core/game/plan.js";
import type { PlayOptions } from "../core/game/play.js";
import type { Term } from "../core/game/term.js";
import { families } from "../core/nets/family.js";
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
    optimizer?: (parameters: readonly nn.Parameter[]) => optim.Optimizer;
  } = {},
): Promise<Game> {
  const family = await families.get(options.family ?? "mlp");
  const plan = new Plan({
    data: options.data ?? POINTS,
    prior: new Float64Prior({ size: 2, distribution: "normal" }),
    batch: options.batch ?? 6,
    classes: undefined,
    family,
    familyOptions: family.options.parse(options.net ?? SMOOTH),
    discriminatorSteps: options.discriminatorSteps ?? 1,
  });
  manualSeed(5);
  return new Game(plan, new Map(Object.entries(terms)), {
    judgeTogether: options.judgeTogether ?? null,
    prepare: (network) => network.to({ dtype: "float64" }),
    optimizer: (_, parameters) =>
      options.optimizer?.(parameters) ?? new optim.SGD(parameters, { learningRate: 0.1 }),
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
