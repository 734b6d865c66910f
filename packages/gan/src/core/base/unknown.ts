// What is said of a name or a setting that there is not. Loads nothing else: commands say it before anything heavy is there.
import { nearest } from "./nearest.js";

export { nearest };

/** What is said of a name that an open set has not. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return `unknown ${kind} '${name}'${close === undefined ? "; known" : `; did you mean '${close}'? Known`}: ${known.join(", ")}`;
}

/** What is said of a preset that a recipe has not. */
export function unknownPreset(recipe: string, preset: string, known: readonly string[]): string {
  const close = nearest(preset, known);
  const meant = close === undefined ? "" : `; did you mean '${close}'?`;
  const others = known.length === 0 ? "leave --preset out" : `presets: ${known.join(", ")}`;
  return `the recipe '${recipe}' has no preset '${preset}'${meant}${meant === "" ? "; " : " "}${others}`;
}

/** What other codes call settings that have another name in the same place here. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    lr: "learningRate",
    learning_rate: "learningRate",
    weight_decay: "weightDecay",
    eps: "epsilon",
    beta1: "betas",
    beta2: "betas",
    batch_size: "batch",
    batchSize: "batch",
    n_critic: "discriminatorSteps",
    image_size: "size",
    resolution: "size",
  }),
);

/** And of those that have another place. */
const OTHER_PLACES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    lr: "optimizers.default.learningRate",
    learning_rate: "optimizers.default.learningRate",
    learningRate: "optimizers.default.learningRate",
    betas: "optimizers.default.betas",
    beta1: "optimizers.default.betas",
    beta2: "optimizers.default.betas",
    weight_decay: "optimizers.default.weightDecay",
    n_critic: "schedule.discriminatorSteps",
    nz: "net.prior.size",
    z_dim: "net.prior.size",
    latent_dim: "net.prior.size",
    image_size: "data.size",
    resolution: "data.size",
    size: "data.size",
    ema: "average.decay",
    workers: "threads",
    num_workers: "threads",
    iterations: "steps",
    niter: "steps",
    max_steps: "steps",
    dataset: "data",
    labels: "data.labels",
    background: "data.background",
  }),
);

/**
 * What is said of a setting that is unknown where it stands.
 * @param at where that is: a path, as `terms.infomax`, or words, as `data set ring`; empty at the top
 * @param known the settings that are known there
 */
export function unknownSetting(
  at: string,
  key: string,
  known: readonly string[],
  separator: "." | ": " = ".",
  isTop = true,
): string {
  const inside = at === "" ? "" : `${at}${isTop ? separator : "."}`;
  const close = known.find((one) => one === OTHER_NAMES.get(key)) ?? nearest(key, known);
  const elsewhere = at === "" ? OTHER_PLACES.get(key) : undefined;
  if (elsewhere !== undefined) return `unknown setting '${key}'; it is called '${elsewhere}'`;
  const what = separator === "." ? `unknown setting '${inside}` : `${inside}unknown option '`;
  const told = separator === "." ? `'${inside}` : "'";
  return `${what}${key}'${close === undefined ? `; known here: ${known.join(", ")}` : `; did you mean ${told}${close}'?`}`;
}
