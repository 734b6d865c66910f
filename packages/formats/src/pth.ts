import {
  type ArrayValue,
  countElements,
  type Dtype,
  describeShape,
  ITEM_SIZE,
  type NamedArrays,
  swapBytes,
} from "./dtype.js";
import { FormatError, quote } from "./errors.js";
import { asFormatError, openForReading, readFileBytes, readInto } from "./files.js";
import {
  PickleGlobal,
  type PickleHost,
  PickleProblem,
  type PickleValue,
  unpickle,
  unpickleFirst,
} from "./pickle.js";
import { gather, isContiguous, reach, type Strided } from "./strided.js";
import { openZip, type ZipArchive, type ZipEntry } from "./zip.js";

/**
 * What a checkpoint holds: tensors and parameters are {@link ArrayValue}s, dictionaries Maps, lists and tuples arrays, a
 * dtype such as torch.float32 the text "torch.float32", and the rest as {@link PickleValue} says.
 */
export type PthValue = PickleValue<ArrayValue>;

/**
 * Reads a checkpoint that `torch.save` has written (`.pth`, `.pt`): since PyTorch 1.6 a zip archive of a pickle and the
 * tensors' storages, before it several pickles and the storages, one after the other. Nothing in it is run: the pickle is read by {@link unpickle}, which knows tensors, parameters and
 * plain containers. Tensors without gaps share the memory of their storage, as they do in PyTorch (one storage may serve
 * several); others are copied row by row. Devices, requires_grad and hooks are left out.
 *
 * Throws {@link FormatError} for anything else: the tar archives of before 0.1.10, TorchScript, other classes and functions (by
 * name), tensors that reach outside of their storage, and damaged files.
 */
export async function readPth(path: string): Promise<PthValue> {
  if (await isOldFormat(path)) return await readOldFormat(path);
  const zip = await openZip(path);
  try {
    const pickle = findPickle(zip);
    const folder = pickle.name.slice(0, -"data.pkl".length);
    if (zip.find(`${folder}constants.pkl`) !== undefined) {
      throw new FormatError("is a TorchScript program, not a checkpoint", {
        file: path,
        hint: "load it with torch.jit.load in Python and torch.save its state_dict()",
      });
    }
    const byteorder = zip.find(`${folder}byteorder`);
    const order = byteorder === undefined ? "little" : Buffer.from(await zip.read(byteorder)).toString();
    if (order !== "little" && order !== "big") {
      throw new FormatError(`has byte order ${quote(order)}, which is none`, { file: path });
    }
    const host = new TorchHost();
    const value = unpickle(await zip.read(pickle), host, path);
    for (const storage of host.storages) await load(storage, zip, folder, order === "big");
    const held = zip.entries.reduce((sum, entry) => sum + entry.size, 0);
    fillTensors(host.tensors, held, path);
    return value;
  } finally {
    await zip.close();
  }
}

/** Reads a checkpoint by {@link readPth} and names its tensors by {@link flattenStateDict}. */
export async function readStateDict(path: string): Promise<NamedArrays> {
  return flattenStateDict(await readPth(path), path);
}

/**
 * The tensors in a checkpoint by dotted name: a tensor at `model`, `conv.weight` becomes `model.conv.weight`; elements of
 * lists are named by their index. What is no tensor is left out. `file` is only named in errors.
 *
 * Throws {@link FormatError} if two tensors come to the same name, if a tensor has no name, and for dictionaries that
 * contain themselves, are over 100 deep, or have keys that are neither text nor numbers.
 */
export function flattenStateDict(value: PthValue, file?: string): NamedArrays {
  const named: NamedArrays = new Map();
  const inside = new Set<PthValue>();
  let containers = 0;
  let elements = 0;
  const visit = (part: PthValue, name: string): void => {
    if (isArrayValue(part)) {
      if (name === "") throw new FormatError("holds one tensor without a name, not a state_dict", { file });
      if (named.has(name)) throw new FormatError(`has two tensors named ${quote(name)}`, { file });
      named.set(name, part);
      return;
    }
    if (!(part instanceof Map) && !Array.isArray(part)) return;
    // Shared parts let a short file have a vast tree.
    containers++;
    elements += part instanceof Map ? part.size : part.length;
    if (inside.has(part) || inside.size >= 100 || containers > 100_000 || elements > 50_000_000) {
      throw new FormatError(`its containers at ${quote(name)} contain themselves or are too many`, { file });
    }
    inside.add(part);
    for (const [key, child] of part.entries()) {
      if (isArrayValue(child) || child instanceof Map || Array.isArray(child)) {
        if (typeof key !== "string" && typeof key !== "number" && typeof key !== "bigint") {
          throw new FormatError(`a key at ${quote(name)} is neither text nor a number`, { file });
        }
        visit(child, name === "" ? String(key) : `${name}.${key}`);
      }
    }
    inside.delete(part);
  };
  visit(value, "");
  return named;
}

function isArrayValue(value: PthValue): value is ArrayValue {
  return typeof value === "object" && value !== null && "dtype" in value && "data" in value;
}

/** What torch.save wrote before 1.6: the pickle of a magic number comes first (torch/serialization.py, MAGIC_NUMBER). */
const OLD_FORMAT = Buffer.from("80028a0a6cfc9c46f9206aa85019", "hex");

async function isOldFormat(path: string): Promise<boolean> {
  const { handle } = await openForReading(path);
  const start = Buffer.alloc(OLD_FORMAT.length);
  try {
    await readInto(handle, start, 0);
  } catch (error) {
    throw asFormatError(error, "cannot read", path);
  } finally {
    await handle.close();
  }
  if (start.equals(OLD_FORMAT)) return true;
  if (start[0] === 0x80) {
    throw new FormatError("is a bare pickle, not a PyTorch checkpoint", {
      file: path,
      hint: "torch.save its tensors in PyTorch",
    });
  }
  return false;
}

/**
 * The format of before 1.6, in which much of what is published still is: the pickles of a magic number, a protocol's
 * number, facts about the machine, the object, and the list of its storages' keys; then each storage in the list's order,
 * as its number of elements (int64) and its bytes. Source: torch/serialization.py, _legacy_save.
 */
async function readOldFormat(path: string): Promise<PthValue> {
  const bytes = await readFileBytes(path);
  const damaged = (problem: string): FormatError =>
    new FormatError(problem, { file: path, hint: "the file is damaged" });
  const host = new TorchHost();
  let position = 0;
  const next = (): PthValue => {
    const { value, length } = unpickleFirst(bytes.subarray(position), host, path);
    position += length;
    return value;
  };
  next();
  const protocol = next();
  if (protocol !== 1001) throw new FormatError(`has protocol ${protocol}, and 1001 is known`, { file: path });
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    throw new FormatError("was not written by a little-endian machine", { file: path });
  }
  const value = next();
  const keys = next();
  const storages = new Map(Array.from(host.storages, (storage) => [storage.key, storage]));
  if (!Array.isArray(keys) || keys.length !== storages.size || new Set(keys).size !== keys.length) {
    throw damaged("its list of storages is not that of its tensors");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined) throw damaged("it lists a storage that no tensor has");
    const size = storage.length * ITEM_SIZE[storage.dtype];
    if (position + 8 + size > bytes.length) throw damaged("is cut off");
    if (view.getBigInt64(position, true) !== BigInt(storage.length)) {
      throw damaged(`storage ${quote(storage.key)} has not the length that its tensors say`);
    }
    // A copy, and so aligned: views of it need none.
    storage.data = bytes.slice(position + 8, position + 8 + size);
    position += 8 + size;
  }
  if (position !== bytes.length) throw damaged(`has ${bytes.length - position} bytes after its last storage`);
  fillTensors(host.tensors, bytes.length, path);
  return value;
}

/** The pickle, in the folder that everything lies in: torch.save names it after the file, or `archive`. */
function findPickle(zip: ZipArchive): ZipEntry {
  const [pickle, ...others] = zip.entries.filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) {
    throw new FormatError("is a zip archive without a data.pkl, not a PyTorch checkpoint", {
      file: zip.file,
    });
  }
  if (others.length > 0) throw new FormatError("has more than one data.pkl", { file: zip.file });
  return pickle;
}

/** A storage as the pickle names it. It stands for its bytes, so it is an array itself, filled by {@link load}. */
class TorchStorage implements ArrayValue {
  readonly dtype: Dtype;
  readonly shape: number[];
  data: Uint8Array = new Uint8Array(0);

  constructor(
    readonly key: string,
    dtype: Dtype,
    readonly length: number,
  ) {
    this.dtype = dtype;
    this.shape = [length];
  }
}

/** A tensor whose storage is not loaded yet. */
interface Pending {
  readonly array: ArrayValue;
  readonly storage: TorchStorage;
  readonly layout: Strided;
}

class StorageType extends PickleGlobal<ArrayValue> {
  constructor(
    name: string,
    readonly dtype: Dtype,
  ) {
    super(name);
  }
}

const STORAGES: ReadonlyMap<string, Dtype> = new Map([
  ["FloatStorage", "float32"],
  ["DoubleStorage", "float64"],
  ["HalfStorage", "float16"],
  ["BFloat16Storage", "bfloat16"],
  ["LongStorage", "int64"],
  ["IntStorage", "int32"],
  ["ShortStorage", "int16"],
  ["CharStorage", "int8"],
  ["ByteStorage", "uint8"],
  ["BoolStorage", "bool"],
  // Bytes whose type only the program knew.
  ["UntypedStorage", "uint8"],
]);

/** Plain Python containers and functions, by every name that protocols 2 to 5 give them. */
const CONTAINERS: ReadonlyMap<string, (args: readonly PthValue[]) => PthValue> = new Map([
  ["collections.OrderedDict", makeDictionary],
  ["torch.Size", (args) => [...(args.length === 0 ? [] : takeList(args[0]))]],
  ["builtins.set", makeSet],
  ["__builtin__.set", makeSet],
  ["builtins.frozenset", makeSet],
  ["__builtin__.frozenset", makeSet],
  ["_codecs.encode", encodeLatin1],
]);

/** What a checkpoint may name; collects the tensors and storages it names. */
class TorchHost implements PickleHost<ArrayValue> {
  readonly tensors: Pending[] = [];
  readonly #storages = new Map<string, TorchStorage>();
  readonly #globals = new Map<string, PthValue>();

  constructor() {
    const define = (name: string, call: (args: readonly PthValue[]) => PthValue) =>
      this.#globals.set(name, new PickleGlobal(name, call));
    for (const [name, call] of CONTAINERS) define(name, call);
    define("torch._utils._rebuild_tensor_v2", (args) => this.#rebuildTensor(args));
    define("torch._utils._rebuild_parameter", ([tensor]) => {
      if (tensor === undefined || !isArrayValue(tensor)) throw new PickleProblem("a parameter is no tensor");
      return tensor;
    });
    for (const [name, dtype] of STORAGES) {
      for (const module of ["torch", "torch.storage"]) {
        this.#globals.set(`${module}.${name}`, new StorageType(`${module}.${name}`, dtype));
      }
    }
    for (const dtype of [...Object.keys(ITEM_SIZE), "complex64", "complex128"]) {
      this.#globals.set(`torch.${dtype}`, `torch.${dtype}`);
    }
  }

  get storages(): Iterable<TorchStorage> {
    return this.#storages.values();
  }

  global(module: string, name: string): PthValue | undefined {
    return this.#globals.get(`${module}.${name}`);
  }

  /** torch/serialization.py, persistent_id: ("storage", type, key, device, length), before 1.6 with a view at the end. */
  persistent(id: PthValue): TorchStorage {
    const [kind, type, key, , length, view = null] = Array.isArray(id) ? id : [];
    // PyTorch itself writes no views any more.
    if (view !== null) throw new PickleProblem("a storage is a view of another");
    if (
      kind !== "storage" ||
      !(type instanceof StorageType) ||
      typeof key !== "string" ||
      typeof length !== "number" ||
      countElements([length, ITEM_SIZE[type.dtype]]) === undefined
    ) {
      throw new PickleProblem("a storage is not described as one");
    }
    const known = this.#storages.get(`${type.dtype} ${key}`);
    if (known !== undefined) {
      if (known.length !== length) throw new PickleProblem(`storage ${quote(key)} has two lengths`);
      return known;
    }
    const storage = new TorchStorage(key, type.dtype, length);
    this.#storages.set(`${type.dtype} ${key}`, storage);
    return storage;
  }

  /** torch/_utils.py: (storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None). */
  #rebuildTensor(args: readonly PthValue[]): ArrayValue {
    const [storage, offset, size, stride, , , metadata] = args;
    if (!(storage instanceof TorchStorage)) throw new PickleProblem("a tensor has no storage");
    if (metadata instanceof Map && metadata.size > 0) {
      throw new PickleProblem("a tensor is a conjugate or a negative, which is not supported,");
    }
    const shape = takeCounts(size);
    const strides = takeCounts(stride);
    const [start] = takeCounts([offset ?? null]);
    const layout = { shape, strides, offset: start ?? 0 };
    if (strides.length !== shape.length) throw new PickleProblem("a tensor has more extents than strides");
    if (countElements(shape) === undefined) throw new PickleProblem(`${describeShape(shape)} is not a shape`);
    if (reach(layout) > storage.length) {
      const where = `offset ${start}, strides ${describeShape(strides)}`;
      throw new PickleProblem(
        `a tensor of shape ${describeShape(shape)} (${where}) reaches outside of its storage of ${storage.length}`,
      );
    }
    const array: ArrayValue = { dtype: storage.dtype, shape, data: new Uint8Array(0) };
    this.tensors.push({ array, storage, layout });
    return array;
  }
}

async function load(
  storage: TorchStorage,
  zip: ZipArchive,
  folder: string,
  bigEndian: boolean,
): Promise<void> {
  const { key, dtype, length } = storage;
  const entry = zip.find(`${folder}data/${key}`);
  if (entry === undefined) {
    throw new FormatError(`has no storage ${quote(key)}`, { file: zip.file, hint: "the file is damaged" });
  }
  const bytes = length * ITEM_SIZE[dtype];
  if (entry.size !== bytes) {
    throw new FormatError(`storage ${quote(key)} has ${entry.size} bytes, not ${bytes}`, {
      file: zip.file,
      hint: "the file is damaged",
    });
  }
  const data = await zip.read(entry);
  // Aligned, so that views of it need no copies.
  storage.data = data.byteOffset % 8 === 0 ? data : new Uint8Array(data);
  if (bigEndian) swapBytes(storage.data, ITEM_SIZE[dtype]);
}

function fillTensors(tensors: readonly Pending[], held: number, file: string): void {
  // A stride of 0 makes a tensor of any size out of one element. Expanded tensors are saved so, but seldom large.
  let budget = 4 * held + 64 * 1024 * 1024;
  for (const { array, storage, layout } of tensors) {
    const itemSize = ITEM_SIZE[array.dtype];
    const bytes = (countElements(array.shape) ?? 0) * itemSize;
    if (isContiguous(layout)) {
      const start = bytes === 0 ? 0 : layout.offset * itemSize;
      array.data = storage.data.subarray(start, start + bytes);
      continue;
    }
    budget -= bytes;
    if (budget < 0) {
      throw new FormatError(`its tensors expand to far more than the ${held} bytes it holds`, {
        file,
        hint: "save contiguous tensors: tensor.contiguous()",
      });
    }
    array.data = gather(storage.data, itemSize, layout, file);
  }
}

function takeList(value: PthValue | undefined): readonly PthValue[] {
  if (!Array.isArray(value)) throw new PickleProblem("a list is missing");
  return value;
}

function takeCounts(value: PthValue | undefined): number[] {
  return takeList(value).map((count) => {
    if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
      throw new PickleProblem("a size, stride or offset is no count");
    }
    return count;
  });
}

function makeDictionary([pairs, ...more]: readonly PthValue[]): PthValue {
  if (more.length > 0) throw new PickleProblem("a dictionary is made of too much");
  const dictionary = new Map<PthValue, PthValue>();
  for (const pair of pairs === undefined ? [] : takeList(pairs)) {
    const [key, value] = takeList(pair);
    if (key === undefined || value === undefined) throw new PickleProblem("a key has no value");
    dictionary.set(key, value);
  }
  return dictionary;
}

function makeSet([elements]: readonly PthValue[]): PthValue {
  return new Set(elements === undefined ? [] : takeList(elements));
}

/** Protocol 2 has no bytes: Python writes them as text, one character a byte, and encodes it again. */
function encodeLatin1([text, encoding]: readonly PthValue[]): PthValue {
  if (typeof text !== "string" || encoding !== "latin1") throw new PickleProblem("bytes are not in latin1");
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 255) throw new PickleProblem("bytes are not in latin1");
    return code;
  });
}
