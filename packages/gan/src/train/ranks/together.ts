// Training by several processes: rank 0 leads, with the run's folder and all that is shown; the others follow.
import { createHash } from "node:crypto";
import { deviceCount, distributed, nn, scope } from "@gantry/torch";
import { RunError } from "../../core/base/errors.js";
import { importAgain, importedSources } from "../../core/base/plugins/plugins.js";
import type { PartSource } from "../../core/base/plugins/source.js";
import type { Config } from "../../core/config/schema.js";
import type { DataContext } from "../../core/data/index.js";
import type { TrainerState } from "../../core/run/checkpoints.js";
import { contents, encodeContents } from "../../core/state/save.js";
import { loadContents } from "../checkpoint.js";
import { Trainer } from "../trainer.js";
import { Helpers, meetBeside } from "./evaluation.js";

/** Processes that had the same networks have different ones. */
export class ApartError extends RunError {}

/** What rank 0 tells the others between two iterations. */
const GO_ON = 0;
const CHECKPOINT = 1;
const END = 2;
const EVALUATE = 3;
const WAIT = 4;

const sizes = (files: ReadonlyMap<string, Uint8Array>) =>
  [...files].map(([name, { length }]) => [name, length] as const);

interface Shared {
  readonly files: readonly (readonly [name: string, length: number])[];
  readonly numbers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly state: TrainerState;
}

const text = { of: (value: unknown) => new TextEncoder().encode(JSON.stringify(value)) };
const parsed = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes)) as T;

/** Gives every process rank 0's networks, optimizers, terms and random state. */
async function shareState(trainer: Trainer): Promise<void> {
  const leads = distributed.rank() === 0;
  const own = leads ? encodeContents(trainer) : { files: new Map<string, Uint8Array>(), numbers: {} };
  const told: Shared = { files: sizes(own.files), numbers: own.numbers, state: trainer.state() };
  const { files, numbers, state } = parsed<Shared>(await distributed.fromFirst(text.of(told)));
  const read = new Map<string, Uint8Array>();
  for (const [name] of files)
    read.set(name, await distributed.fromFirst(own.files.get(name) ?? new Uint8Array()));
  if (leads) return;
  scope(() => loadContents(trainer, read, numbers, "rank 0"));
  await trainer.restore(state);
}

/** What a trainer is made of. */
interface Beginning {
  readonly config: Config;
  /** What rank 0 imported. */
  readonly sources: readonly PartSource[];
}

/** Begins to lead: the others make the same trainer, and get its state. */
export async function lead(trainer: Trainer): Promise<void> {
  if (distributed.size() === 1) return;
  await distributed.fromFirst(text.of({ config: trainer.config, sources: importedSources() }));
  await shareState(trainer);
}

/** The sum of what rank 0 says, and of those that wish to stop. */
async function say(command: number, stops: boolean): Promise<{ command: number; stops: boolean }> {
  const [said = 0, wishes = 0] = await distributed.sumNumbers([command, stops ? 1 : 0]);
  return { command: said, stops: wishes > 0 };
}

/**
 * Before the first iteration of rank 0, and after each, when what is to be written is written.
 * @returns whether any process wishes to stop
 */
export async function goOn(stops: boolean): Promise<boolean> {
  return distributed.size() === 1 ? stops : (await say(GO_ON, stops)).stops;
}

/**
 * While rank 0 waits for something, now and then: so that the others do not give it up.
 * @returns whether any process wishes to stop
 */
export async function stillWaiting(): Promise<boolean> {
  return distributed.size() > 1 && (await say(WAIT, false)).stops;
}

/** The others may end: what rank 0 had to write is written. */
export async function end(): Promise<void> {
  if (distributed.size() > 1) await say(END, false);
}

/** Has all processes share the evaluation of a run that begins now: where they meet, if any do. */
export async function shareEvaluation(run: string): Promise<distributed.GroupPlace | undefined> {
  if (distributed.size() === 1) return undefined;
  await say(EVALUATE, false);
  return await meetBeside(run);
}

/**
 * Before a checkpoint: statistics that each process moved by its own rows become their mean, and all are compared.
 * @throws ApartError where processes have come apart
 */
export async function beforeCheckpoint(trainer: Trainer): Promise<void> {
  if (distributed.size() === 1) return;
  await say(CHECKPOINT, false);
  await settle(trainer);
}

async function settle(trainer: Trainer): Promise<void> {
  if (trainer.config.ranks.batchNorm === "rank") await averageStatistics(trainer);
  const words = wordsOf(trainer);
  const { length } = words;
  const [rank, size] = [distributed.rank(), distributed.size()];
  const all = await distributed.sumNumbers(
    Array.from({ length: size * length }, (_, i) =>
      Math.floor(i / length) === rank ? (words[i % length] as number) : 0,
    ),
  );
  const strange = Array.from({ length: size }, (_, other) => other).filter((other) =>
    all.slice(other * length, (other + 1) * length).some((word, i) => word !== all[i]),
  );
  if (strange.length > 0)
    throw new ApartError(
      `iteration ${trainer.iteration}: the networks of rank ${strange.join(", ")} are not those of rank 0 any more, which is a fault of a machine or a term that draws or decides by itself; the last checkpoint is sound`,
    );
}

/** A hash of all that a checkpoint holds, as whole numbers of 32 bits. */
function wordsOf(trainer: Trainer): Uint32Array {
  const hash = createHash("sha256");
  for (const [name, { tensors }] of contents(trainer)) {
    hash.update(name);
    for (const tensor of tensors.values()) hash.update(tensor.toBytes());
  }
  return new Uint32Array(new Uint8Array(hash.digest()).buffer);
}

async function averageStatistics(trainer: Trainer): Promise<void> {
  const norms = [...trainer.game.players.values()].flatMap(({ network }) =>
    network.namedModules().flatMap(([, module]) => (module instanceof nn.BatchNorm ? module.buffers() : [])),
  );
  const buffers = norms.filter(({ dtype }) => dtype.startsWith("float"));
  if (buffers.length === 0) return;
  const bucket = new distributed.Bucket(buffers);
  await bucket.reduce();
  bucket.means().forEach((mean, i) => void buffers[i]?.copy_(mean));
}

/**
 * Trains as one of the others, until rank 0 is done.
 * @param context where its data comes from; aborting its signal stops all processes after the iteration under way
 * @param localRank among the processes of this machine: of its devices, the one to take
 */
export async function follow(context: Partial<DataContext>, localRank = 0): Promise<void> {
  const { signal } = context;
  const { config, sources } = parsed<Beginning>(await distributed.fromFirst(new Uint8Array()));
  await importAgain(sources);
  const device = config.device.startsWith("cuda")
    ? `cuda:${localRank % Math.max(1, deviceCount("cuda"))}`
    : config.device;
  const trainer = await Trainer.create({ ...config, device }, context);
  const helpers = new Helpers(device);
  const isOver = () => isOverFor(trainer, helpers, signal);
  try {
    await shareState(trainer);
    if (await isOver()) return;
    for await (const _ of trainer.run()) if (await isOver()) return;
    while (!(await isOver()));
  } finally {
    await helpers.close();
    await trainer.close();
  }
}

/**
 * Does as rank 0 says between two iterations.
 * @returns whether the training is over
 */
async function isOverFor(
  trainer: Trainer,
  helpers: Helpers,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let stopping = false;
  for (;;) {
    const { command, stops } = await say(0, signal?.aborted ?? false);
    if (command === CHECKPOINT) await settle(trainer);
    else if (command === EVALUATE) await helpers.begin();
    else if (command === END) return true;
    else if (command === GO_ON && stops) stopping = true;
    if (command === GO_ON && !stopping) return false;
  }
}
