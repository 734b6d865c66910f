import { type Device, defaultGenerator, RandomGenerator } from "@gantry/torch";
import type { Config } from "../config/schema.js";
import type { TrainerState } from "../run/checkpoints.js";

/** The training's latents must not be the numbers that the weights were drawn from: seeds end below this. */
const LATENT_SEED_OFFSET = 2 ** 32;

/** The generator that a training draws from, as it begins. */
export const trainingRandom = (config: Config) =>
  new RandomGenerator(config.seed + LATENT_SEED_OFFSET, config.device as Device);

/** The states of all generators that a training draws from. */
export function randomState(
  config: Config,
  random: RandomGenerator,
): Omit<TrainerState, "iteration" | "imagesSeen" | "loader"> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return {
    random: base64(random.getState()),
    defaultRandom: base64(defaultGenerator(config.device as Device).getState()),
    ...(config.device === "cpu" ? {} : { processorRandom: base64(defaultGenerator("cpu").getState()) }),
  };
}

/** Where a training stands whose networks come from elsewhere, after so many iterations there. */
export function importedState(config: Config, iteration: number): TrainerState {
  return { iteration, imagesSeen: 0, loader: null, ...randomState(config, trainingRandom(config)) };
}
