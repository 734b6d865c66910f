import { deviceCount, machine, manualSeed, nn, setThreads, TorchError } from "@gantry/torch";
import { amount } from "../base/amount.js";
import { UsageError } from "../base/errors.js";
import { didYouMean } from "../base/nearest.js";
import { finalValue } from "../base/schedule.js";
import { Game } from "../game/game.js";
import { Plan } from "../game/plan.js";
import type { Term } from "../game/term.js";
import { families } from "../nets/family.js";
import { Prior, type PriorOptions } from "../nets/prior.js";
import type { DataShape } from "../nets/sample.js";
import { terms as termRegistry } from "../terms/registry.js";
import { makeOptimizer } from "./optimizers.js";
import type { Config } from "./schema.js";

/** What stands in the place of the configuration's own. */
export interface GameParts {
  /** Default: of `net.prior`. */
  readonly prior?: Prior;
  /** Default: those that the configuration names. */
  readonly terms?: ReadonlyMap<string, Term>;
  /** Called with every network before there are optimizers. */
  readonly prepare: (network: nn.Module) => void;
}

/**
 * Builds the game of a configuration for training: sets LibTorch's threads and arithmetic, seeds it, makes networks, terms and
 * optimizers.
 * @throws UsageError where data, networks and terms do not go together
 */
export async function buildGame(config: Config, data: DataShape): Promise<Game> {
  checkDevice(config.device);
  useThreads(config.threads ?? defaultThreads(data));
  const strange = config.plain.find((name) => !nn.rewriteNames.includes(name as nn.RewriteName));
  if (strange !== undefined)
    throw new UsageError(
      `plain: no rewrite is called '${strange}'${didYouMean(strange, nn.rewriteNames)}; there are ${nn.rewriteNames.join(", ")}`,
    );
  nn.computePlainly(config.plain);
  const { device } = config;
  return await composeGame(config, data, {
    prepare: (network) => {
      if (device !== "cpu") network.to({ device: device as "cuda" });
    },
  });
}

/**
 * Makes networks, terms and optimizers of a configuration, LibTorch being seeded; what else is the process's own stays as it is.
 * @throws UsageError where data, networks and terms do not go together
 */
export async function composeGame(config: Config, data: DataShape, parts: GameParts): Promise<Game> {
  const { family: familyName, prior, ...familyOptions } = config.net;
  const family = await families.get(familyName);
  const objection = family.check(familyOptions, data);
  if (objection !== undefined) throw new UsageError(objection);
  if (config.conditional && data.classes === undefined) {
    throw new UsageError("conditional networks need labels, and this data has none; set conditional=false");
  }
  const { generatorBatch, shareSamples, accumulate } = config.schedule;
  for (const [setting, size] of [
    ["batch", config.batch],
    ["schedule.generatorBatch", generatorBatch ?? config.batch],
  ] as const)
    if (size % accumulate !== 0)
      throw new UsageError(
        `schedule.accumulate=${accumulate} does not divide ${setting}=${size} into equal parts; set ${setting} to a multiple of it, as ${Math.ceil(size / accumulate) * accumulate}`,
      );
  if (shareSamples && generatorBatch !== null && generatorBatch !== config.batch)
    throw new UsageError(
      `schedule.generatorBatch=${generatorBatch}: with shareSamples G's step looks at D's ${config.batch} fakes; set schedule.shareSamples=false, or leave generatorBatch out`,
    );
  const terms = parts.terms ?? (await makeTerms(config));
  const plan = new Plan({
    data,
    prior: parts.prior ?? new Prior(prior as PriorOptions),
    batch: config.batch / accumulate,
    parts: accumulate,
    classes: config.conditional ? data.classes : undefined,
    family,
    families: await families.all(),
    familyOptions,
    discriminatorSteps: Math.max(1, Math.round(finalValue(config.schedule.discriminatorSteps))),
    generatorSteps: config.schedule.generatorSteps,
    generatorBatch: (generatorBatch ?? config.batch) / accumulate,
  });
  manualSeed(config.seed);
  const game = new Game(plan, terms, {
    precision: config.precision,
    judgeTogether: config.schedule.judgeTogether,
    parts: accumulate,
    across: { rows: config.ranks.coupled === "batch", batchNorm: config.ranks.batchNorm === "batch" },
    separable: [...(await termRegistry.all()).values()]
      .filter((each) => each.separable)
      .map(({ name }) => name),
    prepare: parts.prepare,
    optimizer: (player, parameters) => makeOptimizer(config.optimizers, player, parameters),
  });
  const stranger = Object.keys(config.optimizers).find((name) => name !== "default" && !game.has(name));
  if (stranger !== undefined) {
    const known = [...game.players.keys()];
    throw new UsageError(
      `optimizers.${stranger}: there is no player '${stranger}'${didYouMean(stranger, known)}; players: ${known.join(", ")}`,
    );
  }
  return game;
}

async function makeTerms(config: Config): Promise<Map<string, Term>> {
  const terms = new Map<string, Term>();
  for (const [name, { term, ...options }] of Object.entries(config.terms)) {
    const definition = await termRegistry.get(term ?? name);
    terms.set(name, definition.make(options as never, name));
  }
  return terms;
}

/**
 * Sets how many threads an operator may use.
 * @throws UsageError for more than the machine makes sense of
 */
export function useThreads(count: number): void {
  try {
    setThreads(count);
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    throw new UsageError(error.message.replace(/^setThreads: /, ""), { cause: error });
  }
}

/** As many as the machine gives for images; one for points, whose operators are too small to share and would only wait for each other. */
function defaultThreads(data: DataShape): number {
  const wished = Number(process.env.OMP_NUM_THREADS);
  if (Number.isInteger(wished) && wished > 0) return wished;
  return data.kind === "points" ? 1 : machine().threads;
}

function checkDevice(device: string): void {
  const [kind = "cpu", index = "0"] = device.split(":");
  const present = deviceCount(kind as "cpu" | "cuda" | "mps");
  if (Number(index) < present) return;
  throw new UsageError(
    present === 0
      ? `this LibTorch sees no ${kind} device; leave --device out to train on the processor`
      : `there is no device ${device}: ${amount(present, `${kind} devices`)} present, counted from 0`,
  );
}
