import { type ArrayValue, encodeSafetensors } from "@gantry/formats";
import { getThreads, type Tensor, version } from "@gantry/torch";
import { DivergedError } from "../base/errors.js";
import { kernelState } from "../config/kernelChoices.js";
import type { Game } from "../game/game.js";
import type { ParameterAverage } from "../nets/parameterAverage.js";
import { AVERAGE, type TrainerState, writeCheckpoint } from "../run/checkpoints.js";
import { findNotFinite } from "./tensors.js";

/** What is saved: a trainer, or whatever stands where one would. */
export interface Standing {
  readonly game: Game;
  readonly average: ParameterAverage | undefined;
  readonly iteration: number;
  state(): TrainerState;
}

type TensorFile = { tensors: ReadonlyMap<string, Tensor>; numbers?: Readonly<Record<string, number>> };

/** Everything with tensors that a checkpoint holds, by file name. */
export function contents(trainer: Pick<Standing, "game" | "average">): Map<string, TensorFile> {
  const files = new Map<string, TensorFile>();
  for (const { name, network, optimizer } of trainer.game.players.values()) {
    files.set(`${name}.safetensors`, { tensors: network.stateDict() });
    files.set(`${name}.optimizer.safetensors`, optimizer.stateDict());
  }
  if (trainer.average !== undefined) files.set(AVERAGE, { tensors: trainer.average.stateDict() });
  for (const [name, term] of trainer.game.terms) {
    if (term.state !== undefined) files.set(`term.${name}.safetensors`, term.state.save());
  }
  return files;
}

const toArray = (tensor: Tensor): ArrayValue => ({
  dtype: tensor.dtype,
  shape: [...tensor.shape],
  data: tensor.toBytes(),
});

/**
 * Saves everything that continuing needs into `folder`/step-NNNNNN, whole or not at all.
 * @param commit called just before it takes its place; what it throws is thrown, and nothing is written
 * @returns the checkpoint's folder
 * @throws FormatError when it cannot be written (disk full, read-only); DivergedError when a number of a network, an
 * average or an optimizer is not finite: what has diverged is no place to go on from
 */
export async function saveCheckpoint(
  trainer: Standing,
  folder: string,
  commit: () => void = () => {},
): Promise<string> {
  // Serialised before anything is awaited: the training may go on while the bytes are written.
  const { files, numbers } = encodeContents(trainer);
  const state = { torch: version(), ...kernelState(), ...trainer.state(), numbers };
  return await writeCheckpoint(folder, trainer.iteration, files, state, commit);
}

/**
 * contents(), as the bytes of their files.
 * @throws DivergedError when a number of a network, an average or an optimizer is not finite
 */
export function encodeContents(trainer: Standing) {
  const files = new Map<string, Uint8Array>();
  const numbers: Record<string, Readonly<Record<string, number>>> = {};
  for (const [name, file] of contents(trainer)) {
    if (!name.startsWith("term.")) requireFinite(name, file.tensors, trainer.iteration);
    files.set(
      name,
      encodeSafetensors(new Map([...file.tensors].map(([key, tensor]) => [key, toArray(tensor)]))),
    );
    if (file.numbers !== undefined) numbers[name] = file.numbers;
  }
  return { files, numbers };
}

const ITEM: Readonly<Record<string, number>> = { float64: 8, int64: 8, float32: 4, bfloat16: 2 };

/** Bytes of a checkpoint's tensors: nearly all of it. */
export const checkpointBytes = (trainer: Pick<Standing, "game" | "average">): number =>
  [...contents(trainer).values()]
    .flatMap(({ tensors }) => [...tensors.values()])
    .reduce((sum, { numel, dtype }) => sum + numel * (ITEM[dtype] ?? 1), 0);

/** @throws DivergedError naming the first tensor with a number that is none */
function requireFinite(file: string, tensors: ReadonlyMap<string, Tensor>, iteration: number): void {
  const what = findNotFinite(tensors);
  if (what !== undefined)
    throw new DivergedError(
      `iteration ${iteration}: ${what} of the ${file.replace(/(\.optimizer)?\.safetensors$/, (_, optimizer) => (optimizer === undefined ? "" : "'s optimizer"))} is not finite: the training has diverged`,
      iteration,
    );
}

/** What a run's record says of the engine that makes it. */
export const madeWith = () => ({ torch: version(), threads: getThreads() });
