import { join } from "node:path";
import { FormatError } from "@gantry/formats";
import { scope } from "@gantry/torch";
import { RunError, UsageError } from "../core/base/errors.js";
import { recallKernels } from "../core/config/kernelChoices.js";
import { AVERAGE, notFinite, readChecked, readState } from "../core/run/checkpoints.js";
import { contents } from "../core/state/save.js";
import { findNotFinite, toTensors } from "../core/state/tensors.js";
import type { Trainer } from "./trainer.js";

/**
 * Loads a checkpoint into a trainer: every file is read and checked against its checksum before anything is changed. A
 * trainer that averages and a checkpoint without an average (a fork) begin averaging at the checkpoint's weights.
 * @param data `other`: the trainer's data set is not the one that was trained on; its order begins anew
 * @throws UsageError, RunError naming the damaged file, what has diverged, or what of the configuration does not fit; the
 * trainer is of no more use then
 */
export async function loadCheckpoint(
  trainer: Trainer,
  folder: string,
  data: "same" | "other" = "same",
): Promise<void> {
  const state = await readState(folder);
  recallKernels(state);
  const wanted = contents(trainer);
  const read = new Map<string, Uint8Array>();
  for (const name of wanted.keys()) {
    const digest = state.files[name];
    if (digest === undefined && name === AVERAGE) continue;
    if (digest === undefined)
      throw new UsageError(`${folder}: the checkpoint has no ${name}; its run was configured otherwise`);
    read.set(name, await readChecked(join(folder, name), digest));
  }
  scope(() => {
    try {
      loadContents(trainer, read, state.numbers, folder);
      requireFiniteCheckpoint(trainer, folder);
    } catch (error) {
      if (error instanceof FormatError || error instanceof RunError) throw error;
      throw new UsageError(
        `${folder}: the checkpoint does not fit the configuration: ${(error as Error).message}`,
        { cause: error },
      );
    }
  });
  await trainer.restore(state, data);
}

/**
 * Loads what a checkpoint's files hold, or another process's would; inside a scope.
 * @param source where they come from, for messages
 */
export function loadContents(
  { game, average }: Trainer,
  read: ReadonlyMap<string, Uint8Array>,
  numbers: Readonly<Record<string, Readonly<Record<string, number>>>>,
  source: string,
): void {
  const load = (name: string) => toTensors(read.get(name) as Uint8Array, join(source, name));
  for (const { name, network, optimizer } of game.players.values()) {
    network.loadStateDict(load(`${name}.safetensors`));
    const file = `${name}.optimizer.safetensors`;
    optimizer.loadStateDict({ tensors: load(file), numbers: numbers[file] ?? {} });
  }
  if (read.has(AVERAGE)) average?.loadStateDict(load(AVERAGE));
  else average?.restart();
  for (const [name, term] of game.terms) {
    const file = `term.${name}.safetensors`;
    term.state?.load({ tensors: load(file), numbers: { ...numbers[file] } });
  }
}

/** @throws RunError for networks that have diverged: an older version of Gantry saved them */
export function requireFiniteCheckpoint(trainer: Trainer, folder: string): void {
  for (const { name, network } of trainer.game.players.values()) {
    const what = findNotFinite(network.stateDict());
    if (what !== undefined) throw new RunError(notFinite(folder, `${what} of the ${name}`));
  }
}
