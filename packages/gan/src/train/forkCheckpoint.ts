import { join } from "node:path";
import { type optim, scope, type Tensor } from "@gantry/torch";
import { buildGame } from "../core/config/build.js";
import { recallKernels } from "../core/config/kernelChoices.js";
import type { Config } from "../core/config/schema.js";
import type { DataShape } from "../core/nets/sample.js";
import { AVERAGE, type CheckpointState, readChecked, readState } from "../core/run/checkpoints.js";
import { toTensors } from "../core/state/tensors.js";
import { requireFiniteCheckpoint } from "./checkpoint.js";
import type { Trainer } from "./trainer.js";

/** The run that is forked. */
export interface ForkSource {
  readonly config: Config;
  readonly layout: Layout;
  /** The checkpoint's folder. */
  readonly folder: string;
}

/** Names of parameters by player, in the order in which its optimizer counts them. */
export type Layout = ReadonlyMap<string, readonly string[]>;

/**
 * Loads a checkpoint into a trainer of another composition: what has the same name and shape goes along, with its
 * optimizer's moments; what is new or of another shape keeps the values it was made with, and moments of zero.
 * @param data `other`: the trainer's data set is not the one that was trained on; its order begins anew
 * @returns what begins anew: players, `player.layer.parameter`, `moments of PLAYER`, `term NAME`
 * @throws UsageError where there is no checkpoint, RunError for a damaged one
 */
export async function loadFork(
  trainer: Trainer,
  source: ForkSource,
  data: "same" | "other",
): Promise<string[]> {
  const state = await readState(source.folder);
  recallKernels(state);
  const { layout } = source;
  const anew: string[] = [];
  const files = new Map<string, Uint8Array>();
  for (const [name, digest] of Object.entries(state.files))
    files.set(name, await readChecked(join(source.folder, name), digest));
  const read = (name: string) => {
    const bytes = files.get(name);
    return bytes && toTensors(bytes, join(source.folder, name));
  };
  scope(() => {
    for (const { name, network, optimizer } of trainer.game.players.values()) {
      const before = read(`${name}.safetensors`);
      const kept = before && fitting(before, network.stateDict());
      if (kept === undefined || ![...network.stateDict().keys()].some((key) => kept.has(key))) {
        anew.push(name);
        continue;
      }
      // With names that the network has not: batch norms make the statistics that are called so.
      network.loadStateDict(kept, { strict: false });
      anew.push(
        ...[...network.stateDict().keys()].filter((key) => !kept.has(key)).map((key) => `${name}.${key}`),
      );
      const names = network.namedParameters().map(([key]) => key);
      const moments = optimizerState(state, name, read(`${name}.optimizer.safetensors`), layout, names, kept);
      const alike = kindOf(source.config, name) === kindOf(trainer.config, name);
      if (alike && moments !== undefined) optimizer.loadStateDict(moments);
      else anew.push(`moments of ${name}`);
    }
    const { average } = trainer;
    const averages = read(AVERAGE);
    average?.restart();
    if (average !== undefined && averages !== undefined) {
      const own = average.stateDict();
      average.loadStateDict(new Map([...own, ...fitting(averages, own)]));
    }
    for (const [name, { state: kept }] of trainer.game.terms) {
      if (kept === undefined) continue;
      const file = `term.${name}.safetensors`;
      const tensors = read(file);
      try {
        if (tensors === undefined) throw new Error("it is new");
        kept.load({ tensors, numbers: { ...state.numbers[file] } });
      } catch {
        anew.push(`term ${name}`);
      }
    }
  });
  requireFiniteCheckpoint(trainer, source.folder);
  await trainer.restore(state, data);
  return anew;
}

/** @param data what its networks were made for */
export async function layoutOf(config: Config, data: DataShape): Promise<Layout> {
  const game = await buildGame({ ...config, device: "cpu" }, data);
  try {
    return new Map(
      [...game.players.values()].map(({ name, network }) => [
        name,
        network.namedParameters().map(([key]) => key),
      ]),
    );
  } finally {
    game.dispose();
  }
}

/** Those of `given` that `own` has not in another shape. */
function fitting(given: ReadonlyMap<string, Tensor>, own: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    [...given].filter(([key, { shape }]) => (own.get(key)?.shape ?? shape).join() === shape.join()),
  );
}

/** An optimizer's state with its parameters counted as another network counts them; undefined where there is none. */
function optimizerState(
  state: CheckpointState,
  player: string,
  tensors: ReadonlyMap<string, Tensor> | undefined,
  layout: Layout,
  names: readonly string[],
  kept: ReadonlyMap<string, Tensor>,
): optim.OptimizerStateDict | undefined {
  const numbers = state.numbers[`${player}.optimizer.safetensors`];
  const before = layout.get(player);
  if (tensors === undefined || numbers === undefined || before === undefined) return undefined;
  const moved = new Map<string, Tensor>();
  const counts: Record<string, number> = { learning_rate: numbers.learning_rate ?? 0 };
  for (const [index, name] of names.entries()) {
    const from = kept.has(name) ? before.indexOf(name) : -1;
    counts[`step.${index}`] = numbers[`step.${from}`] ?? 0;
    for (const [key, tensor] of tensors)
      if (key.endsWith(`.${from}`)) moved.set(key.replace(/\d+$/, String(index)), tensor);
  }
  return { tensors: moved, numbers: counts };
}

const kindOf = ({ optimizers }: Config, player: string) => (optimizers[player] ?? optimizers.default)?.kind;

/** `encoder, discriminator.body.0`: whole players by name, parameters by their layer. */
export function describeAnew(anew: readonly string[]): string {
  const layers = anew.map((name) => (name.includes(" ") ? name : name.replace(/(?<=\.[^.]+)\.\w+$/, "")));
  return `begins anew, with its moments: ${[...new Set(layers)].join(", ")}; all else goes along`;
}
