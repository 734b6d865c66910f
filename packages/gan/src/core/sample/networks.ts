import type { NamedArrays } from "@gantry/formats";
import { type Device, type nn, scope, torch } from "@gantry/torch";
import { RunError, UsageError } from "../base/errors.js";
import { validateConfig } from "../config/config.js";
import { recallKernels } from "../config/kernelChoices.js";
import { type DataContext, openDataset } from "../data/index.js";
import type { Game } from "../game/game.js";
import { type DataShape, shapeOf } from "../nets/sample.js";
import { AVERAGE, notFinite, readCheckpointFile, readState } from "../run/checkpoints.js";
import { type CheckpointChoice, RunDirectory } from "../run/directory.js";
import { isForeign } from "../run/imports.js";
import { findNotFinite } from "../state/tensors.js";
import { buildSampled, foreignTerms, isPresent, needsTerms } from "./sampledGame.js";

export interface NetworksOptions {
  /** The checkpoint; default the newest. */
  readonly iteration?: CheckpointChoice | undefined;
  /** Which weights of the generator: default the averaged ones where the run has them. */
  readonly weights?: "ema" | "raw" | undefined;
  /** Default the run's own, or `cpu` where that is not present. */
  readonly device?: Device | undefined;
  readonly context?: Partial<DataContext> | undefined;
}

/** Networks of a run, out of one of its checkpoints; the other players are not kept. */
export interface RunNetworks {
  readonly run: RunDirectory;
  /** The checkpoint's. */
  readonly folder: string;
  readonly iteration: number;
  readonly data: DataShape;
  readonly device: Device;
  /** Which weights the generator has. */
  readonly weights: "ema" | "raw";
  readonly game: Game;
  /** Frees them. */
  release(): void;
}

const fileOf = (player: string) => `${player}.safetensors`;

/**
 * Opens networks of a run as a checkpoint has them.
 * @param players whose; of each what is thrown where the checkpoint has none
 * @throws UsageError for a folder that is no run, a checkpoint that is not there, `ema` where the run averages nothing; RunError
 * naming a damaged file, or weights that are not finite
 */
export async function openNetworks(
  path: string,
  options: NetworksOptions,
  players: Readonly<Record<string, (folder: string) => Error>>,
): Promise<RunNetworks> {
  const opened = await RunDirectory.open(path);
  const run = await opened.checkedBy((config) =>
    validateConfig(config, (kind, name) => isForeign(opened.record.imports, kind, name)),
  );
  const { folder, iteration } = await run.checkpoint(options.iteration);
  const used = new Map<string, NamedArrays>();
  let weights: "ema" | "raw" = "raw";
  for (const [player, missing] of Object.entries(players)) {
    const arrays = await readCheckpointFile(folder, fileOf(player));
    if (arrays === undefined) throw missing(folder);
    // Averages are of parameters, and of batch norm's statistics where the run says so; all else is the network's own.
    const averaged =
      player === "generator" && options.weights !== "raw"
        ? await readCheckpointFile(folder, AVERAGE)
        : undefined;
    if (player === "generator" && options.weights === "ema" && averaged === undefined)
      throw new UsageError(
        `${path}: the run keeps no average of its weights; use raw ones, or train with --set average.decay=0.999`,
      );
    if (averaged !== undefined) weights = "ema";
    used.set(player, new Map([...arrays, ...(averaged ?? [])]));
  }
  const own = run.config.device as Device;
  const device = options.device ?? (isPresent(own) ? own : "cpu");
  const data =
    run.record.data ?? shapeOf(await openDataset(run.config.data as { name?: string }, options.context));
  // Its samples are then those of the training, to the bit.
  recallKernels(await readState(folder));
  const game = await buildSampled(run, { ...run.config, device }, data);
  for (const { name, network } of game.players.values()) if (!used.has(name)) network.dispose();
  const release = () => {
    for (const name of used.keys()) game.network(name).dispose();
  };
  try {
    for (const [name, values] of used) load(game.network(name), values);
  } catch (error) {
    release();
    const foreign = foreignTerms(run);
    throw foreign.length > 0
      ? needsTerms(run, foreign, used.size === 1 && used.has("generator") ? "generator" : "networks", error)
      : new RunError(
          `${folder}: the checkpoint does not fit the run's config.json: ${(error as Error).message}`,
          { cause: error },
        );
  }
  for (const name of used.keys()) {
    const strange = findNotFinite(game.network(name).stateDict());
    if (strange === undefined) continue;
    release();
    throw new RunError(notFinite(folder, `${strange} of the ${name}`));
  }
  return { run, folder, iteration, data, device, weights, game, release };
}

const load = (network: nn.Module, values: NamedArrays): void =>
  scope(() =>
    network.loadStateDict(
      new Map(
        Array.from(values, ([key, { data, shape, dtype }]) => [key, torch.fromBytes(data, shape, dtype)]),
      ),
    ),
  );
