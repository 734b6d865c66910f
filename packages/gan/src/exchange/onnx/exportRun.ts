import { UsageError } from "../../core/base/errors.js";
import { didYouMean } from "../../core/base/nearest.js";
import type { Game } from "../../core/game/game.js";
import type { Generator } from "../../core/nets/contract.js";
import type { DataShape } from "../../core/nets/sample.js";
import { readState } from "../../core/run/checkpoints.js";
import { type NetworksOptions, openNetworks, type RunNetworks } from "../../core/sample/networks.js";
import { adjustGenerator } from "../../core/sample/sampler.js";
import { exportNetwork } from "./exportNetwork.js";

export interface OnnxExportOptions extends Omit<NetworksOptions, "device"> {
  /** Whose network: generator, discriminator, encoder, or what the run's terms add; default the generator's. */
  readonly player?: string | undefined;
  /** Store weights in half precision; arithmetic stays in float32. Default false. */
  readonly half?: boolean | undefined;
  /** Batches that batch norm's statistics are made anew of (BigGAN); default as they were kept. */
  readonly standing?: number | undefined;
}

export interface OnnxExport {
  /** The file's. */
  readonly bytes: Uint8Array;
  readonly iteration: number;
  readonly player: string;
  readonly weights: "ema" | "raw";
  readonly data: DataShape;
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A network of a run as an ONNX file, in float32, with what it needs to know who uses it: `gantry.prior` (how latents are drawn),
 * `gantry.classes` (how many, and their names), `gantry.range` (of images), `gantry.checkpoint` (the checkpoint's checksum, as its
 * state.json has it).
 * @throws UsageError for a folder that is no run, and a player that it has not; RunError for a damaged file, and naming the part of a
 * network that cannot be exported
 */
export async function exportRun(path: string, options: OnnxExportOptions = {}): Promise<OnnxExport> {
  const player = options.player ?? "generator";
  const opened = await openNetworks(
    path,
    { ...options, device: "cpu" },
    { [player]: (folder) => missing(folder, player) },
  );
  const { run, iteration, weights, data, game } = opened;
  try {
    const generator = game.network<Generator>("generator");
    if (player === "generator")
      adjustGenerator(generator, path, run.config.batch, "cpu", { standing: options.standing });
    const network = game.network(player).train(false);
    const metadata = await describe(opened, player, generator);
    const bytes = exportNetwork(network, {
      half: options.half,
      judged: judgedBy(game, player, generator),
      description: `${player} of the run ${run.config.recipe}, iteration ${iteration}`,
      metadata,
    });
    return { bytes, iteration, player, weights, data, metadata };
  } finally {
    opened.release();
  }
}

function missing(folder: string, player: string): UsageError {
  return new UsageError(
    `${folder}: the checkpoint has no player '${player}'${didYouMean(player, ["generator", "discriminator", "encoder"])}`,
  );
}

/** What a discriminator judges beside images; of other networks nothing. */
function judgedBy(game: Game, player: string, { prior, classes }: Generator) {
  const pairs = game.judgesPairs(player) ? prior.size * game.groupOf(player) : 0;
  return { latentSize: pairs, classes };
}

/** What the file says of itself: JSON where it is more than a word. */
async function describe(
  { run, folder, iteration, weights, data }: RunNetworks,
  player: string,
  { prior, classes }: Generator,
): Promise<Record<string, string>> {
  const { size, distribution, codes } = prior;
  const names = run.record.data?.classNames;
  return {
    "gantry.player": player,
    "gantry.recipe": run.config.recipe,
    "gantry.iteration": String(iteration),
    "gantry.prior": JSON.stringify({ size, distribution, codes }),
    ...(classes === undefined
      ? {}
      : { "gantry.classes": JSON.stringify({ count: classes, ...(names === undefined ? {} : { names }) }) }),
    ...(data.kind === "images" ? { "gantry.range": "[-1,1]" } : {}),
    ...(player === "generator" ? { "gantry.weights": weights } : {}),
    "gantry.checkpoint": (await readState(folder)).checksum,
  };
}
