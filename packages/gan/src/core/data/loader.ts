import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { amount } from "../base/amount.js";
import { RunError, UsageError } from "../base/errors.js";
import type { Dataset, SharedItems } from "./dataset.js";
import type { GatherReply, GatherRequest } from "./gatherWorker.js";
import { Random, type RandomState } from "./random.js";
import { isRecordFile } from "./recordFile.js";

/** Some items of a data set, in a random order. */
export interface Batch {
  /** As {@link Dataset.read}: uint8 for images, float32 for points. The receiver's own: it may be kept, or handed over. */
  readonly data: Uint8Array | Float32Array;
  /** `[N, ...item]`. */
  readonly shape: readonly number[];
  readonly labels: Int32Array | undefined;
  /** Which items of the data set these are. */
  readonly indices: Uint32Array;
  /** How many times all of the data set had been seen before: 0 for the first time through. */
  readonly epoch: number;
  /** The part of the data set that had been seen this time, from 0 to below 1. */
  readonly progress: number;
}

/** Where a loader stands: plain JSON. A loader made with it hands out exactly what this one would have. */
export interface LoaderState {
  readonly seed: number;
  readonly epoch: number;
  /** Items of this epoch handed out. */
  readonly position: number;
  /** SHA-256, chained over the indices of every batch handed out so far: equal only for equal histories. */
  readonly digest: string;
  /** The generator as it was before it shuffled this epoch. */
  readonly random: RandomState;
  /** Digest of the data set that was read. */
  readonly dataset: string;
}

export interface LoaderOptions {
  readonly dataset: Dataset;
  /** Items a batch, at least 1 and at most the data set's count. */
  readonly batch: number;
  /** Of the order: a whole number. */
  readonly seed: number;
  /** Drop what remains of an epoch when it is less than a batch (default), or hand it out as a short batch. */
  readonly dropLast?: boolean;
  /** Go on from here. */
  readonly state?: LoaderState | undefined;
  /**
   * Batches gathered ahead, on a thread of their own. 0: gathered when asked for, on this thread. Default: 2 for images
   * that are read from a file or whose batches take {@link LARGE_BATCH} bytes or more, else 0.
   */
  readonly prefetch?: number;
}

/** Hands out a data set batch by batch, for ever, in a new order each epoch. */
export interface Loader {
  /** The next batch; at once when nothing is gathered ahead. Rejects with {@link RunError} when the thread has failed. */
  next(): Batch | Promise<Batch>;
  /** What has been handed out, not what has been gathered ahead. */
  state(): LoaderState;
  /** Ends the thread, if there is one. Call it when done; {@link next} then throws. */
  close(): void | Promise<void>;
}

/**
 * Bytes from which gathering a batch ahead pays: copying so much takes longer than a message to a thread and back.
 */
export const LARGE_BATCH = 1 << 20;

/**
 * A loader over a data set.
 *
 * @throws {UsageError} a batch larger than the data set or not a whole number of 1 or more, or a state of another seed or
 * another data set.
 */
export function createLoader(options: LoaderOptions): Loader {
  const { dataset, batch } = options;
  if (!Number.isInteger(batch) || batch < 1)
    throw new UsageError(`the batch must be 1 or more items, not ${batch}`);
  if (batch > dataset.count) {
    throw new UsageError(
      `a batch of ${batch} is larger than the data set ${dataset.name} (${amount(dataset.count, "items")})`,
    );
  }
  const order = new Order(options);
  const { shared } = dataset;
  const bytes = batch * dataset.shape.reduce((product, length) => product * length, 1);
  const slow = bytes >= LARGE_BATCH || (shared !== undefined && isRecordFile(shared.data));
  const ahead = options.prefetch ?? (dataset.kind === "images" && slow ? 2 : 0);
  if (!Number.isInteger(ahead) || ahead < 0) throw new UsageError(`prefetch must be 0 or more, not ${ahead}`);
  if (ahead === 0 || shared === undefined) return new DirectLoader(dataset, order);
  return new ThreadedLoader(dataset, shared, order, ahead);
}

/** A batch that is to be gathered, and where the loader stands once it is handed out. */
interface Drawn {
  readonly indices: Uint32Array;
  readonly epoch: number;
  readonly progress: number;
  readonly after: LoaderState;
}

/** Which items come next. */
class Order {
  readonly #batch: number;
  readonly #dropLast: boolean;
  readonly #permutation: Uint32Array;
  #random: Random;
  #state: LoaderState;

  constructor({ dataset, batch, seed, dropLast = true, state }: LoaderOptions) {
    this.#batch = batch;
    this.#dropLast = dropLast;
    this.#permutation = new Uint32Array(dataset.count);
    if (state === undefined) {
      this.#random = new Random(seed);
      this.#state = {
        seed,
        epoch: 0,
        position: 0,
        digest: createHash("sha256").digest("hex"),
        random: this.#random.state(),
        dataset: dataset.digest,
      };
    } else {
      if (state.dataset !== dataset.digest) {
        throw new UsageError(
          `the data set ${dataset.name} is not the one that was being read: its digest differs`,
        );
      }
      if (state.seed !== seed)
        throw new UsageError(`the data was in the order of seed ${state.seed}, not ${seed}`);
      if (!(Number.isInteger(state.position) && state.position >= 0 && state.position <= dataset.count)) {
        throw new UsageError(`no loader of ${amount(dataset.count, "items")} stands at ${state.position}`);
      }
      this.#random = Random.restore(state.random);
      this.#state = state;
    }
    this.#shuffle();
  }

  get state(): LoaderState {
    return this.#state;
  }

  next(): Drawn {
    const { position } = this.#state;
    const left = this.#permutation.length - position;
    if (left === 0 || (left < this.#batch && this.#dropLast)) {
      this.#state = {
        ...this.#state,
        epoch: this.#state.epoch + 1,
        position: 0,
        random: this.#random.state(),
      };
      this.#shuffle();
      return this.next();
    }
    const end = position + Math.min(left, this.#batch);
    const indices = this.#permutation.slice(position, end);
    const digest = createHash("sha256").update(this.#state.digest).update(indices).digest("hex");
    this.#state = { ...this.#state, position: end, digest };
    const progress = position / this.#permutation.length;
    return { indices, epoch: this.#state.epoch, progress, after: this.#state };
  }

  #shuffle(): void {
    // From the same order each time, so that the generator's state alone tells the epoch's order.
    for (let item = 0; item < this.#permutation.length; item++) this.#permutation[item] = item;
    this.#random.shuffle(this.#permutation);
  }
}

function toBatch(dataset: Dataset, { indices, epoch, progress }: Drawn, data: Batch["data"]): Batch {
  const shape = [indices.length, ...dataset.shape];
  return { data, shape, labels: dataset.labels(indices), indices, epoch, progress };
}

/** Gathers when asked, on this thread. */
class DirectLoader implements Loader {
  readonly #dataset: Dataset;
  readonly #order: Order;
  #closed = false;

  constructor(dataset: Dataset, order: Order) {
    this.#dataset = dataset;
    this.#order = order;
  }

  next(): Batch {
    if (this.#closed) throw new RunError("the data loader is closed");
    const drawn = this.#order.next();
    return toBatch(this.#dataset, drawn, this.#dataset.read(drawn.indices));
  }

  state(): LoaderState {
    return this.#order.state;
  }

  close(): void {
    this.#closed = true;
  }
}

/** A batch that the thread is gathering, or has gathered. */
interface Pending extends Drawn {
  readonly data: Promise<Batch["data"]>;
  readonly settle: (data: Batch["data"]) => void;
  readonly fail: (error: Error) => void;
}

/** Gathers ahead, on a thread of its own. */
class ThreadedLoader implements Loader {
  readonly #dataset: Dataset;
  readonly #order: Order;
  readonly #ahead: number;
  readonly #worker: Worker;
  /** Asked of the thread and not yet handed out, in order. */
  readonly #queue: Pending[] = [];
  /** Those of the queue that the thread has not answered. */
  readonly #unanswered: Pending[] = [];
  #consumed: LoaderState;
  #failure: Error | undefined;
  /** Calls of next() that wait for the thread. */
  #waiting = 0;
  #closing = false;

  constructor(dataset: Dataset, shared: SharedItems, order: Order, ahead: number) {
    this.#dataset = dataset;
    this.#order = order;
    this.#ahead = ahead;
    this.#consumed = order.state;
    // Without the process's own flags: some (--input-type) make a thread fail.
    this.#worker = new Worker(new URL("./gatherWorker.js", import.meta.url), {
      workerData: shared,
      execArgv: [],
    });
    this.#worker.on("message", ({ data }: GatherReply) => {
      this.#unanswered.shift()?.settle(data);
      this.#hold();
    });
    this.#worker.on("error", (cause) =>
      this.#fail(new RunError(`the data loader's thread failed: ${cause.message}`, { cause })),
    );
    this.#worker.on("exit", (code) =>
      this.#fail(new RunError(`the data loader's thread ended by itself (code ${code})`)),
    );
    this.#fill();
    this.#hold();
  }

  async next(): Promise<Batch> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#fill();
    const pending = this.#queue.shift()!;
    this.#waiting++;
    this.#hold();
    try {
      const data = await pending.data;
      this.#consumed = pending.after;
      return toBatch(this.#dataset, pending, data);
    } finally {
      this.#waiting--;
      this.#hold();
    }
  }

  state(): LoaderState {
    return this.#consumed;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#fail(new RunError("the data loader is closed"));
    this.#hold();
    await this.#worker.terminate();
  }

  /** Keeps one batch more than `ahead` under way: the one asked for. */
  #fill(): void {
    while (this.#queue.length <= this.#ahead) {
      const drawn = this.#order.next();
      let settle!: Pending["settle"];
      let fail!: Pending["fail"];
      const data = new Promise<Batch["data"]>((resolve, reject) => {
        settle = resolve;
        fail = reject;
      });
      // A batch gathered ahead may fail with nobody waiting for it: next() tells.
      data.catch(() => {});
      const pending = { ...drawn, data, settle, fail };
      this.#queue.push(pending);
      this.#unanswered.push(pending);
      const request: GatherRequest = { indices: drawn.indices };
      this.#worker.postMessage(request);
    }
  }

  /** The process stays alive for the thread only while somebody waits for a batch, or for its end. */
  #hold(): void {
    if (this.#waiting > 0 || this.#closing) this.#worker.ref();
    else this.#worker.unref();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#unanswered.splice(0)) pending.fail(this.#failure);
  }
}
