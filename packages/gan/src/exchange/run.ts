import type { NamedArrays, PthValue } from "@gantry/formats";
import { scope, torch } from "@gantry/torch";
import { amount } from "../core/base/amount.js";
import { UsageError } from "../core/base/errors.js";
import type { JsonObject } from "../core/base/json.js";
import { buildGame } from "../core/config/build.js";
import { resolveConfig } from "../core/config/config.js";
import type { Config } from "../core/config/schema.js";
import { datasets } from "../core/data/index.js";
import type { DataShape } from "../core/nets/sample.js";
import { claimRun } from "../core/run/claim.js";
import { RunDirectory } from "../core/run/directory.js";
import { importedState } from "../core/state/random.js";
import { madeWith, saveCheckpoint } from "../core/state/save.js";
import { type ConvertedNetwork, convertMimicry, type MimicryMethod } from "./mimicry.js";

/** One checkpoint of the public code, read. */
export interface MimicryFile {
  readonly path: string;
  /** What readPth() read. */
  readonly value: PthValue;
}

export interface MimicryRunOptions {
  /** A generator, and beside it a discriminator or none: one is then made anew. In any order. */
  readonly files: readonly MimicryFile[];
  readonly method?: MimicryMethod | undefined;
  readonly size?: number | undefined;
  /** The data it was trained on, as in a configuration: default the one of this size and so many classes that is known. */
  readonly data?: JsonObject | undefined;
  /** Told what was decided for lack of better knowledge, in a line for people. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** The recipe of each method; DCGAN's residual networks are SNGAN's with another loss. */
const RECIPES: Readonly<Record<MimicryMethod, { recipe: string; settings?: JsonObject }>> = {
  dcgan: { recipe: "sngan", settings: { terms: { hinge: null, "non-saturating": {} } } },
  "dcgan-cifar": { recipe: "sngan", settings: { terms: { hinge: null, "non-saturating": {} } } },
  "wgan-gp": { recipe: "wgan-gp-resnet" },
  sngan: { recipe: "sngan" },
  ssgan: { recipe: "ssgan" },
  "infomax-gan": { recipe: "infomax-gan" },
  "cgan-pd": { recipe: "sngan-projection" },
  sagan: { recipe: "sagan" },
};

/**
 * Makes a run of networks that kwotsin/mimicry has trained: it can be sampled, evaluated, and forked.
 * @throws UsageError as convertMimicry() does, for other than one generator and at most one discriminator that belong
 * together, and for data of other classes; FormatError when the run cannot be written
 */
export async function createMimicryRun(path: string, options: MimicryRunOptions): Promise<RunDirectory> {
  const { generator, discriminator, method, notes } = choose(options);
  const { size, classes } = generator;
  const step = Math.max(generator.step ?? 0, discriminator?.step ?? 0);
  const data = await dataOf(generator, options.data);
  const { recipe, settings = {} } = RECIPES[method];
  const channels = discriminator?.net.channels ?? null;
  const base = { recipe, preset: "public" };
  const planned = (await resolveConfig(base)).steps;
  const config = await resolveConfig({
    ...base,
    settings: [
      settings,
      { data: null },
      { data: data.setting },
      {
        net: {
          ...generator.net,
          ...(discriminator === undefined
            ? { discriminatorNorm: isPlain(method) ? "none" : "spectral" }
            : { discriminatorNorm: discriminator.net.discriminatorNorm, pooling: discriminator.net.pooling }),
          ...(channels === null || channels === generator.net.channels
            ? {}
            : { discriminatorChannels: channels }),
          prior: { size: generator.latentSize ?? 0, distribution: "normal" },
        },
        terms: discriminator?.terms ?? {},
        steps: Math.max(planned, step),
      },
    ],
  });
  const shape: DataShape = { kind: "images", shape: [3, size, size], classes: classes ?? data.classes };
  if (discriminator === undefined)
    notes.push(
      "there is no discriminator: a new one is made, which 'gantry fork' would train the generator against",
    );
  const run = await write(path, config, shape, step, { generator, discriminator });
  for (const note of notes) options.onNote?.(note);
  return run;
}

const isPlain = (method: MimicryMethod) => ["dcgan", "dcgan-cifar", "wgan-gp"].includes(method);

interface Chosen {
  readonly generator: ConvertedNetwork;
  readonly discriminator: ConvertedNetwork | undefined;
  readonly method: MimicryMethod;
  readonly notes: string[];
}

function choose({ files, method, size }: MimicryRunOptions): Chosen {
  const notes: string[] = [];
  // Generators are converted first: of discriminators alone the tensors do not always tell the size.
  const convert = ({ path, value }: MimicryFile, side = size, as = method) =>
    convertMimicry(value, { file: path, size: side, method: as });
  const names = files.map(({ path }) => path).join(", ");
  const generators = files.filter((file) => isGenerator(file));
  const [first] = generators;
  if (first === undefined || generators.length > 1 || files.length > 2)
    throw new UsageError(
      `${names}: a run is one generator, and one discriminator or none; here ${generators.length === 1 ? "is" : "are"} ${amount(generators.length, "generators")} in ${amount(files.length, "files")}; --arrays makes a folder of .npy files instead`,
    );
  const second = files.find((file) => file !== first);
  let generator = convert(first);
  const discriminator = second === undefined ? undefined : convert(second, generator.size);
  const common = (discriminator ?? generator).methods.filter((name) => generator.methods.includes(name));
  const [found = "sngan"] =
    discriminator === undefined && common.includes("sngan") ? ["sngan" as const] : common;
  if (common.length === 0 || (discriminator !== undefined && discriminator.classes !== generator.classes))
    throw new UsageError(
      `${names}: the generator is of ${generator.methods.join(" or ")}${ofClasses(generator)}, the discriminator of ${discriminator?.methods.join(" or ")}${ofClasses(discriminator)}: they do not belong together`,
    );
  if (method === undefined && discriminator === undefined && generator.methods.length > 1)
    notes.push(
      `${first.path}: generators of ${generator.methods.join(", ")} have the same tensors, so this was taken for one of ${found}'s; --as names the method${generator.methods.includes("dcgan-cifar") ? " (dcgan-cifar's alone makes other pictures, by a sigmoid)" : ""}`,
    );
  generator = convert(first, generator.size, found);
  return { generator, discriminator, method: found, notes };
}

const ofClasses = (network: ConvertedNetwork | undefined) =>
  network?.classes === undefined ? "" : ` with ${amount(network.classes, "classes")}`;

function isGenerator({ path, value }: MimicryFile): boolean {
  try {
    return convertMimicry(value, { file: path }).role === "generator";
  } catch (error) {
    // A discriminator that cannot be told from others without its size or method.
    if (error instanceof UsageError && /say which it is of|give their size/.test(error.message)) return false;
    throw error;
  }
}

/** The data of a configuration, and the number of its classes where that is known. */
async function dataOf(
  { size, classes }: ConvertedNetwork,
  given: JsonObject | undefined,
): Promise<{ setting: JsonObject; classes: number | undefined }> {
  const known = await datasets.all();
  if (given === undefined) {
    const name = size !== 32 ? undefined : { 10: "cifar10", 100: "cifar100" }[classes ?? 10];
    if (name === undefined) return { setting: { name: "images", size }, classes };
    return { setting: { name }, classes: known.get(name)?.classes?.length ?? classes };
  }
  const named = typeof given.name === "string" ? known.get(given.name) : undefined;
  const count = named?.classes?.length;
  if (classes !== undefined && count !== undefined && count !== classes)
    throw new UsageError(
      `${named?.name} has ${count} classes, and the networks know ${classes}; name the data they were trained on with --data`,
    );
  const sized = named === undefined || named.name === "images" ? { size, ...given } : given;
  return { setting: sized, classes: count ?? classes };
}

async function write(
  path: string,
  config: Config,
  shape: DataShape,
  iteration: number,
  converted: { readonly [player: string]: ConvertedNetwork | undefined },
): Promise<RunDirectory> {
  const game = await buildGame(config, shape);
  try {
    scope(() => {
      for (const [name, network] of Object.entries(converted))
        if (network !== undefined) game.network(name).loadStateDict(tensorsOf(network.state));
    });
    const standing = {
      game,
      average: undefined,
      iteration,
      state: () => importedState(config, iteration),
    };
    const claim = await claimRun(path);
    try {
      const run = await RunDirectory.create(claim, config, { ...madeWith(), data: shape }, (made) =>
        saveCheckpoint(standing, made.checkpoints),
      );
      await run.heartbeat(iteration, iteration >= config.steps ? "done" : "stopped");
      await claim.lock.release();
      return run;
    } catch (error) {
      await claim.abandon();
      throw error;
    }
  } finally {
    game.dispose();
  }
}

const tensorsOf = (state: NamedArrays) =>
  new Map([...state].map(([name, { data, shape, dtype }]) => [name, torch.fromBytes(data, shape, dtype)]));
