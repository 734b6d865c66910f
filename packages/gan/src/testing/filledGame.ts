// What the tests of the encoder methods share: the games of golden/terms/make_methods.py, and others of that size.
import { type nn, noGrad, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import type { JsonObject } from "../core/base/json.js";
import type { Encoder, Encoding } from "../core/nets/contract.js";
import { readGolden } from "./golden.js";
import { fillNetwork, patternTensor } from "./networks.js";
import { TinyGame, type TinyOptions } from "./tinyGame.js";

setThreads(1);

export const methods = readGolden<{
  [method: string]: Record<string, number>;
}>("terms/methods.json");

/** Points and networks of the golden file. */
export const points: Pick<TinyOptions, "net" | "data"> = {
  net: {
    family: "mlp",
    prior: { size: 4 },
    generatorHidden: [5],
    generatorActivation: "tanh",
    discriminatorHidden: [5],
    discriminatorActivation: "tanh",
    encoderHidden: [5],
    initialization: "default",
  },
  data: { kind: "points", shape: [2], classes: undefined },
};

/** The smallest images with batch norm in every network. */
export const images = {
  net: { family: "dcgan", prior: { size: 4 }, channels: 1 },
  data: { kind: "images", shape: [1, 28, 28], classes: undefined },
} as const satisfies Pick<TinyOptions, "net" | "data">;

export const spectral = { ...images, net: { ...images.net, discriminatorNorm: "spectral" } };

/**
 * The points' game with the golden file's weights, batch and latents.
 * @param drawn the pattern of each draw from the prior; default always z
 */
export async function filledGame(
  terms: JsonObject,
  drawn = () => "z",
  optimizers?: JsonObject,
): Promise<TinyGame> {
  const latents = () => patternTensor(drawn(), [4, 4], 2);
  const more = optimizers === undefined ? {} : { optimizers };
  const tiny = await TinyGame.create({ ...points, terms, latents, ...more });
  for (const { name, network } of tiny.game.players.values()) {
    fillNetwork(network);
    if (name === "encoder") fixNoise(network as Encoder);
  }
  scope(() => noGrad(() => tiny.real.image.copy_(patternTensor("x", [4, 2], 2))));
  return tiny;
}

/** Gives a stochastic encoder the golden file's noise. */
function fixNoise(encoder: Encoder): void {
  const forward = encoder.forward.bind(encoder);
  encoder.forward = (image): Encoding => {
    const { latent, mean, logVariance } = forward(image);
    if (mean === undefined || logVariance === undefined) return { latent };
    const spread = logVariance.div(2).exp().mul(patternTensor("noise", mean.shape));
    return { latent: mean.add(spread), mean, logVariance };
  };
}

/** What a team minimises in a phase, in total. Changes nothing. */
export function lossIn(tiny: TinyGame, phase: string | undefined, team: readonly string[]): number {
  tiny.phase = phase;
  return tiny.lossOf(team);
}

/**
 * Moves every bias off 0: where G makes a patch of exact zeros, a network that sees it would else sit on the kink of its
 * first activation, where finite differences mean nothing.
 */
export function stirred(tiny: TinyGame): TinyGame {
  for (const { name, network } of tiny.game.players.values())
    for (const [key, parameter] of network.namedParameters())
      if (key.endsWith("bias"))
        scope(() => noGrad(() => parameter.add_(patternTensor(`${name}.${key}`, parameter.shape, 0.2))));
  return tiny;
}

/** Names of parameters that a number of iterations leave as they are. */
export function unmoved(tiny: TinyGame, iterations = 2): string[] {
  const named = [...tiny.game.players.values()].flatMap(({ name, network }) =>
    network
      .namedParameters()
      .map(([key, parameter]): [string, nn.Parameter] => [`${name}.${key}`, parameter]),
  );
  const before = named.map(([, parameter]) => parameter.toNumbers());
  tiny.iterate(iterations);
  return named
    .filter(([, parameter], i) => parameter.toNumbers().every((value, j) => value === before[i]?.[j]))
    .map(([name]) => name);
}

/** A tensor of numbers, float64. */
export const numbers = (values: readonly number[], shape: readonly number[]): Tensor =>
  torch.tensor(Float64Array.from(values), { shape });
