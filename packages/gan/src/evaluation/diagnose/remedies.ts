import { type Scheduled, shortForm } from "../../core/base/schedule.js";
import type { Config } from "../../core/config/schema.js";
import type { Remedy } from "./advice.js";

// Each was measured to help, over seeds, on trainings that had gone wrong: docs/studies/remedies.md and gaussians.md.

const ofPoints: Remedy["suits"] = (_, { kind }) => kind === "points";

export const packing: Remedy = {
  meaning: "D judges two points at once, and sees that they are alike",
  with: ["packing"],
  suits: (config, data) => data.kind === "points" && config.batch % 2 === 0 && !config.conditional,
  from: "start",
};

export const modeRegularizer: Remedy = {
  meaning: "an encoder that must find every point of the data again",
  with: ["reconstruction:weight=0.1,distance=l2", "mode-regularizer:weight=0.1"],
  suits: ofPoints,
  from: "start",
};

export const spectralNorm: Remedy = {
  meaning: "a D that is kept flat by spectral norm",
  set: () => ["net.discriminatorNorm=spectral"],
  suits: ({ net }, { kind }) =>
    kind === "images" && net.family === "dcgan" && net.discriminatorNorm !== "spectral",
  from: "start",
};

/** How much lower the rate is that is proposed. */
const LOWER = 10;

const lowered = (rate: Scheduled): Scheduled => {
  const lower = (value: number) => Number((value / LOWER).toPrecision(3));
  return typeof rate === "number"
    ? lower(rate)
    : {
        ...rate,
        from: lower(rate.from),
        to: lower(rate.to),
        ...(rate.between && {
          between: rate.between.map(([at, value]): [number, number] => [at, lower(value)]),
        }),
      };
};

const rateOf = ({ optimizers }: Config, player: string): Scheduled | undefined =>
  (optimizers[player] ?? optimizers.default)?.learningRate;

const highest = (rate: Scheduled | undefined): number =>
  rate === undefined ? 0 : typeof rate === "number" ? rate : Math.max(rate.from, rate.to);

export const slowerDiscriminator: Remedy = {
  meaning: "a D that learns ten times more slowly",
  set: (config) => [
    `optimizers.discriminator.learningRate=${shortForm(lowered(rateOf(config, "discriminator")!))}`,
  ],
  // Where D is not faster than G, its rate is not what lets it win.
  suits: (config) => highest(rateOf(config, "discriminator")) >= LOWER * highest(rateOf(config, "generator")),
  from: "start",
};
