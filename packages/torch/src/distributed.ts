// Several processes that train one model: each has some rows of every batch. With one process, and outside of acrossRanks(),
// every function here returns what it was given.
import { noGrad } from "./autograd.js";
import { TorchError } from "./errors.js";
import { native } from "./native.js";
import { currentBatchGroups } from "./nn/batchStatistics.js";
import { functions as torch } from "./ops_gen.js";
import { wrap } from "./runtime.js";
import { fromTypedArray, type Tensor } from "./tensor.js";

/** Where processes meet, and who this one is. */
export interface GroupPlace {
  /** Of the store: a name or an address. */
  readonly host: string;
  readonly port: number;
  /** From 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** Whether this process opens the store; a launcher may have done so. Default: rank 0 does. */
  readonly serves?: boolean;
  /** What keys at the store begin with; default `gantry`. */
  readonly prefix?: string;
  /** This machine's address, at which the others reach this process. */
  readonly address: string;
  /** The network interface to use in its place. */
  readonly interface?: string | undefined;
  /** Milliseconds until every process must have come. Default a minute. */
  readonly patience?: number;
  /**
   * Milliseconds after which a process that waits for another gives it up. Default two hours. One that ends is noticed at once.
   */
  readonly timeout?: number;
}

/** What is taken over the rows of all processes. */
export interface Across {
  /** What compares a batch's rows: negatives, packs' statistics, means of scores. */
  readonly rows: boolean;
  /** Batch norms' means and variances. */
  readonly batchNorm: boolean;
}

/** Milliseconds: rank 0 may decode data first, and whoever is gone is noticed without it. */
const TIMEOUT = 7_200_000;

let group: { readonly rank: number; readonly size: number } = { rank: 0, size: 1 };
let joined: GroupPlace | undefined;
const APART: Across = { rows: false, batchNorm: false };
/** Undefined outside of acrossRanks(). */
let across: Across | undefined;

const sent = { messages: 0, bytes: 0 };

/** What this process has added up or heard together with the others so far. A ring of n sends 2 (n - 1) / n times a sum's bytes. */
export const traffic = (): { readonly messages: number; readonly bytes: number } => ({ ...sent });

function count(tensor: Tensor): void {
  sent.messages++;
  sent.bytes += tensor.numel * (SIZES[tensor.dtype] ?? 4);
}

const SIZES: Readonly<Record<string, number>> = { float64: 8, int64: 8, uint8: 1 };

/** Another process ended, or did not come. */
export class RankError extends TorchError {
  override readonly name: string = "RankError";
  /** Whether a process that had come is gone: why, only that one knows. */
  isLost = false;
  /** Whether one that had come did not answer within {@link GroupPlace.timeout}. */
  isLate = false;
}

/** Whether this build can be one of several processes. */
export const hasGroups = (): boolean => native.hasGroups();

/** This process's number, from 0. */
export const rank = (): number => group.rank;
/** How many processes train together. */
export const size = (): number => group.size;

/** What gloo says of a process that is gone, or late: where in its source, and what of its sockets. */
const LOST = /Connection (reset|closed|refused)|Broken pipe/i;
const LATE = /timed? ?out|Application timeout/i;

function explained(error: unknown): RankError {
  const text = (error as Error).message.replace(/^\w+: /, "");
  const [isLate, isLost] = [LATE.test(text), LOST.test(text)];
  const told = new RankError(
    isLate
      ? `another of the processes did not answer within ${(joined?.timeout ?? TIMEOUT) / 1000} s`
      : isLost
        ? "another of the processes ended"
        : text,
  );
  told.cause = error;
  told.isLate = isLate;
  told.isLost = isLost && !isLate;
  return told;
}

/** An error of a step, as a RankError where it came from another process's end: a backward pass waits for the others too. */
export const ofRanks = (error: Error): Error =>
  group.size > 1 && error instanceof TorchError && (LOST.test(error.message) || LATE.test(error.message))
    ? explained(error)
    : error;

const told = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    throw explained(error);
  }
};

const addUp = async (tensor: Tensor): Promise<void> => {
  count(tensor);
  await told(() => native.allReduce(tensor.handle));
};

/**
 * Makes this process one of several; resolves when all have come. Node's loop goes on meanwhile.
 * @throws RankError where one does not come, is of another version of LibTorch, or has the same rank
 */
export async function joinRanks(place: GroupPlace): Promise<void> {
  const { rank, size } = place;
  const defaults = { serves: rank === 0, prefix: "gantry", patience: 60_000, timeout: TIMEOUT };
  await told(() => native.joinGroup({ ...defaults, ...place, interface: place.interface ?? "" }));
  group = { rank, size };
  joined = place;
}

/**
 * Where other processes can meet as a group of their own: at this group's store.
 * @param name of that group, another for each
 */
export function placeBeside(name: string): Omit<GroupPlace, "rank" | "size"> | undefined {
  if (joined === undefined) return undefined;
  const { prefix = "gantry", ...place } = joined;
  return { ...place, serves: false, prefix: `${prefix}/${name}` };
}

/** Makes this process one of one again. */
export function leaveRanks(): void {
  if (group.size > 1) native.leaveGroup();
  joined = undefined;
  group = { rank: 0, size: 1 };
}

/**
 * Runs `body`, a part of a step that every process does alike, with what it computes taken over the rows of all processes.
 * @throws TypeError when `body` returns a promise
 */
export function acrossRanks<T>(what: Across, body: () => T): T {
  if (group.size === 1) return body();
  const before = across;
  across = what;
  try {
    const result = body();
    if (result instanceof Promise) throw new TypeError("acrossRanks() takes a function that returns at once");
    return result;
  } finally {
    across = before;
  }
}

/** What is taken over all processes now: nothing with one process, or outside of a step. */
export const current = (): Across => across ?? APART;

/** Of which rows of the batch of all processes `count` rows of this one are. */
export const place = (count: number): { readonly from: number; readonly of: number } =>
  across === undefined ? { from: 0, of: count } : { from: group.rank * count, of: group.size * count };

/** The sum over all processes, with its gradient, which can itself be differentiated. */
function total(tensor: Tensor): Tensor {
  const { dtype } = tensor;
  const exact = dtype === "float32" || dtype === "float64" ? tensor : tensor.to({ dtype: "float32" });
  count(exact);
  try {
    const sum = wrap(native.sumOverRanks(exact.handle));
    return exact === tensor ? sum : sum.to({ dtype });
  } catch (error) {
    throw explained(error);
  }
}

/** The mean over all processes, with its gradient: of means over each one's rows, the mean over all rows. */
export const meanOfRanks = (tensor: Tensor): Tensor =>
  across === undefined ? tensor : total(tensor).div(group.size);

/** meanOfRanks() where rows of all processes are compared (Across.rows), else the tensor. */
export const meanOfBatch = (tensor: Tensor): Tensor => (current().rows ? meanOfRanks(tensor) : tensor);

/**
 * The rows of all processes, in order of their ranks, with their gradients, where these are compared (Across.rows); else the
 * tensor. Every process has to have as many.
 * @param dimension that of the rows; default 0
 */
export const rowsOfBatch = (tensor: Tensor, dimension = 0): Tensor =>
  current().rows ? rowsOfRanks(tensor, dimension) : tensor;

/** rowsOfBatch(), whether rows are compared or not. */
export function rowsOfRanks(tensor: Tensor, dimension = 0): Tensor {
  if (across === undefined) return tensor;
  const { rank, size } = group;
  const zeros = (count: number) =>
    torch.zeros(
      tensor.shape.map((length, i) => (i === dimension ? count * length : length)),
      { dtype: tensor.dtype, device: tensor.device },
    );
  const padded = [zeros(rank), tensor, zeros(size - 1 - rank)].filter((part) => part.numel > 0);
  return total(torch.cat(padded, dimension));
}

/** This process's rows of what every process computed for all, where rowsOfBatch() gathered; else the tensor. */
export function ownRows(tensor: Tensor, dimension = 0): Tensor {
  if (!current().rows) return tensor;
  const count = tensor.size(dimension) / group.size;
  return tensor.narrow(dimension, group.rank * count, count);
}

/**
 * Random numbers for rows of this process: every process draws those of all, so that their generators go on alike, and takes
 * its own.
 * @param shape rows first
 */
export function drawRows(shape: readonly number[], draw: (shape: readonly number[]) => Tensor): Tensor {
  if (across === undefined) return draw(shape);
  const [count = 0, ...rest] = shape;
  const { rank, size } = group;
  const groups = currentBatchGroups();
  const all = draw([count * size, ...rest]);
  const each = count / groups;
  if (groups === 1) return all.narrow(0, rank * each, each);
  // Of each group of a batch, as of a batch of its own.
  const parts = all.chunk(groups, 0).map((part) => part.narrow(0, rank * each, each));
  return torch.cat(parts, 0);
}

/** Draws what is the whole batch's already. */
export const undivided = <T>(body: () => T): T => {
  const before = across;
  across = undefined;
  try {
    return body();
  } finally {
    across = before;
  }
};

/** Numbers of all processes that are added up in one message. */
export class Bucket {
  readonly #flat: {
    readonly tensor: Tensor;
    readonly places: readonly (readonly [index: number, like: Tensor])[];
  }[] = [];

  /** @param tensors the same shapes in every process; they are copied */
  constructor(tensors: readonly Tensor[]) {
    const kinds = new Map<string, (readonly [number, Tensor])[]>();
    for (const [index, tensor] of tensors.entries()) {
      const kind = `${tensor.dtype} ${tensor.device}`;
      kinds.set(kind, [...(kinds.get(kind) ?? []), [index, tensor]]);
    }
    for (const places of kinds.values())
      this.#flat.push({
        tensor: noGrad(() => torch.cat(places.map(([, each]) => each.detach().reshape([-1])))),
        places,
      });
  }

  /** Adds up. Node's loop goes on meanwhile. */
  async reduce(): Promise<void> {
    for (const { tensor } of this.#flat) await addUp(tensor);
  }

  /** The means over all processes, in the order and shapes of what was given; the same bits in every process. */
  means(): Tensor[] {
    const found: Tensor[] = [];
    noGrad(() => {
      for (const { tensor, places } of this.#flat) {
        tensor.div_(group.size);
        let offset = 0;
        for (const [index, like] of places) {
          found[index] = tensor.narrow(0, offset, like.numel).view(like.shape);
          offset += like.numel;
        }
      }
    });
    return found;
  }
}

/** Numbers added up over all processes, place by place; without waiting for anything but the others. */
export async function sumArrays<T extends Float32Array | Float64Array | Uint8Array>(numbers: T): Promise<T> {
  if (group.size === 1) return numbers;
  using tensor = fromTypedArray(numbers);
  await addUp(tensor);
  return tensor.toTypedArray() as T;
}

/** sumArrays() in float64. */
export const sumNumbers = async (numbers: readonly number[]): Promise<number[]> => [
  ...(await sumArrays(Float64Array.from(numbers))),
];

/**
 * Bytes of one process, to all.
 * @param bytes in the others as many
 */
async function spread(bytes: Uint8Array, from: number): Promise<Uint8Array> {
  using tensor = fromTypedArray(bytes);
  count(tensor);
  await told(() => native.broadcast(tensor.handle, from));
  return tensor.toTypedArray() as Uint8Array;
}

/** What rank 0 has, in every process; the others' is looked at only where there is one process. */
export async function fromFirst(bytes: Uint8Array): Promise<Uint8Array> {
  if (group.size === 1) return bytes;
  const first = group.rank === 0;
  const [length = 0] = await sumNumbers([first ? bytes.length : 0]);
  return length === 0 ? new Uint8Array() : await spread(first ? bytes : new Uint8Array(length), 0);
}
