import type { ArrayValue } from "./dtype.js";
import { FormatError } from "./errors.js";
import { allocate, openForReading, readInto } from "./files.js";
import { type PickleHost, unpickle, unpickleFirst } from "./pickle.js";
import { PickleProblem } from "./pickleBytes.js";
import { listTar } from "./tar.js";
import type { PthValue, TorchHost, TorchStorage } from "./torchObjects.js";

/** Whether a file begins as an archive of before PyTorch 0.1.10: its first block names one of the four members. */
export function isTarCheckpoint(start: Uint8Array): boolean {
  const name = Buffer.from(start.subarray(0, 100)).toString("latin1").replace(/\0.*$/s, "");
  return (
    start.length === 512 && ["sys_info", "pickle", "storages", "tensors"].includes(name.replace(/^\.\//, ""))
  );
}

async function readMembers(path: string): Promise<Map<string, Uint8Array>> {
  const { handle, size: end } = await openForReading(path);
  try {
    const members = new Map<string, Uint8Array>();
    for (const { name, kind, offset, size } of await listTar(handle, { file: path, end })) {
      if (kind !== "file") continue;
      const data = allocate(size, path);
      await readInto(handle, data, offset);
      members.set(name.replace(/^\.\//, ""), data);
    }
    return members;
  } finally {
    await handle.close();
  }
}

/**
 * The format of before 0.1.10: a tar archive of `storages` (their number; for each the pickle of its key, place and type,
 * its number of elements and its bytes; then the views), `tensors` (their number; for each the pickle of its key, storage
 * and type, its rank, sizes, strides and offset) and `pickle`, which names tensors by key.
 * Source: torch/serialization.py, legacy_load.
 */
export async function readTarCheckpoint(path: string, host: TorchHost): Promise<PthValue> {
  const members = await readMembers(path);
  const member = (name: string): Stream => {
    const bytes = members.get(name);
    if (bytes === undefined)
      throw new FormatError(`is a tar archive without ${name}, not a PyTorch checkpoint`, { file: path });
    return new Stream(bytes, host, path);
  };
  try {
    const storages = readStorages(member("storages"), host);
    const tensors = readTensors(member("tensors"), host, storages);
    host.fill(path);
    return unpickle(member("pickle").rest, new Keys(host, tensors, storages), path);
  } catch (error) {
    if (!(error instanceof PickleProblem)) throw error;
    throw new FormatError(`is damaged: ${error.message}`, { file: path });
  }
}

function readStorages(stream: Stream, host: TorchHost): Map<string, TorchStorage> {
  const storages = new Map<string, TorchStorage>();
  for (let left = stream.count(); left > 0; left--) {
    const [key, , type] = stream.list();
    const storage = host.declare(String(key), type, stream.int64());
    storage.fill(new Uint8Array(stream.take(storage.bytes)), false);
    storages.set(storage.key, storage);
  }
  for (const view of stream.list()) {
    const [key, root, offset, length] = Array.isArray(view) ? view : [];
    const of = storages.get(String(root));
    if (of === undefined || typeof offset !== "number" || typeof length !== "number")
      throw new PickleProblem("a view has no storage");
    storages.set(String(key), host.view(String(key), of, offset, length));
  }
  return storages;
}

function readTensors(
  stream: Stream,
  host: TorchHost,
  storages: ReadonlyMap<string, TorchStorage>,
): Map<string, ArrayValue> {
  const tensors = new Map<string, ArrayValue>();
  for (let left = stream.count(); left > 0; left--) {
    const [key, root] = stream.list();
    const storage = storages.get(String(root));
    if (storage === undefined) throw new PickleProblem("a tensor has no storage");
    // The rank was written as 8 bytes, of which 4 are it.
    const rank = stream.int32();
    stream.take(4);
    if (rank > 64) throw new PickleProblem(`a tensor has ${rank} extents`);
    const shape = Array.from({ length: rank }, () => stream.int64());
    const strides = Array.from({ length: rank }, () => stream.int64());
    const layout = { shape, strides, offset: stream.int64() };
    tensors.set(String(key), host.tensor(storage, storage.type, layout));
  }
  return tensors;
}

/** Numbers, pickles and bytes, one after the other. */
class Stream {
  #position = 0;
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly host: TorchHost,
    readonly file: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get rest(): Uint8Array {
    return this.bytes.subarray(this.#position);
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.#position) throw new PickleProblem("it is cut off");
    this.#position += length;
    return this.bytes.subarray(this.#position - length, this.#position);
  }

  #value(): PthValue {
    const { value, length } = unpickleFirst(this.rest, this.host, this.file);
    this.#position += length;
    return value;
  }

  list(): readonly PthValue[] {
    const value = this.#value();
    if (!Array.isArray(value)) throw new PickleProblem("a list is missing");
    return value;
  }

  count(): number {
    const value = this.#value();
    if (typeof value !== "number" || value < 0) throw new PickleProblem("a count is none");
    return value;
  }

  int32(): number {
    const at = this.#position;
    this.take(4);
    return this.#checked(this.#view.getInt32(at, true));
  }

  int64(): number {
    const at = this.#position;
    this.take(8);
    return this.#checked(Number(this.#view.getBigInt64(at, true)));
  }

  #checked(number: number): number {
    if (Number.isSafeInteger(number) && number >= 0) return number;
    throw new PickleProblem("a size, stride or offset is no count");
  }
}

/** In these pickles tensors are named by key alone, and classes by a list that begins with them. */
class Keys implements PickleHost<ArrayValue> {
  constructor(
    readonly host: TorchHost,
    readonly tensors: ReadonlyMap<string, ArrayValue>,
    readonly storages: ReadonlyMap<string, TorchStorage>,
  ) {}

  global(module: string, name: string): PthValue | undefined {
    return this.host.global(module, name);
  }

  persistent(id: PthValue): PthValue {
    if (Array.isArray(id)) return id[0] ?? null;
    const key = String(id);
    const storage = this.storages.get(key);
    const found = this.tensors.get(key) ?? (storage === undefined ? undefined : this.host.typed(storage));
    if (found === undefined) throw new PickleProblem("a tensor is none of the file's");
    return found;
  }
}
