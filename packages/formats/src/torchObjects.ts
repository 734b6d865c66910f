import { amount } from "./amount.js";
import { type ArrayValue, countElements, type Dtype, describeShape, ITEM_SIZE, swapBytes } from "./dtype.js";
import { FormatError, quote } from "./errors.js";
import {
  inert,
  PickleGlobal,
  type PickleHost,
  PickleRefusal,
  type PickleValue,
  printable,
} from "./pickle.js";
import { PickleProblem } from "./pickleBytes.js";
import { expandSparse, type SparseParts } from "./sparse.js";
import { gather, isContiguous, reach, type Strided } from "./strided.js";
import { itemSizeOf, swapSizeOf, WIDENINGS, widened } from "./widen.js";

/**
 * What a checkpoint holds: tensors and parameters are {@link ArrayValue}s, dictionaries Maps, lists and tuples arrays, a
 * dtype such as torch.float32 the text "torch.float32", objects of other classes {@link PickleObject}s, and the rest as
 * {@link PickleValue} says.
 */
export type PthValue = PickleValue<ArrayValue>;

/** The memory of tensors, as the file has it; filled once the pickle is read. */
export class TorchStorage {
  data: Uint8Array = new Uint8Array(0);

  constructor(
    readonly key: string,
    /** Elements, as the pickle counts them, and their type. */
    readonly length: number,
    readonly type: string,
    /** Bytes that are turned around together in a file of the other byte order. */
    public swapSize: number,
    /** A part of another storage, from this element on. */
    readonly view?: { readonly of: TorchStorage; readonly offset: number },
  ) {}

  get bytes(): number {
    return this.length * (itemSizeOf(this.type) as number);
  }

  /** Takes its bytes in: aligned, so that views of them need no copies. */
  fill(data: Uint8Array, bigEndian: boolean): void {
    this.data = data.byteOffset % 8 === 0 ? data : new Uint8Array(data);
    if (bigEndian) swapBytes(this.data, this.swapSize);
  }
}

/** A storage as a pickle names it. Some files hold one beside their tensors, so it is an array itself. */
class TypedStorage implements ArrayValue {
  readonly dtype: Dtype;
  readonly shape: number[];

  constructor(readonly storage: TorchStorage) {
    this.dtype = storage.type in ITEM_SIZE ? (storage.type as Dtype) : "uint8";
    this.shape = [this.dtype === storage.type ? storage.length : storage.bytes];
  }

  get data(): Uint8Array {
    return this.storage.data;
  }
}

/** A tensor whose storage is not loaded yet. */
interface Pending {
  readonly array: ArrayValue;
  readonly type: string;
  readonly storage: TorchStorage;
  readonly layout: Strided;
  /** Lazy signs of PyTorch's: imaginary parts, or all numbers, are to be negated. */
  readonly conjugate: boolean;
  readonly negative: boolean;
}

class StorageType extends PickleGlobal<ArrayValue> {
  constructor(
    name: string,
    readonly type: string,
  ) {
    super(name);
  }
}

const STORAGES: ReadonlyMap<string, string> = new Map([
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
  ["ComplexFloatStorage", "complex64"],
  ["ComplexDoubleStorage", "complex128"],
  // Bytes whose type only the program, or the tensor, knows.
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

/**
 * Modules and functions that only an attack has in a checkpoint. Like every other name they would be no more than names
 * here, but a file that has them is better not loaded anywhere.
 */
const HARMFUL = new RegExp(
  [
    "^(os|posix|nt|subprocess|commands|pty|sys|shutil|socket|runpy|importlib|webbrowser|ctypes|marshal|code|platform|pdb|pip|timeit)(\\..*)?\\.[a-z_]\\w*$",
    "^(builtins|__builtin__)\\.(eval|exec|execfile|compile|open|__import__|input|breakpoint|apply)$",
  ].join("|"),
);

/** What a checkpoint may name; collects the tensors and storages it names. */
export class TorchHost implements PickleHost<ArrayValue> {
  /** Names of the classes and functions that are none of PyTorch's tensors: what they make is left as it is. */
  readonly foreign = new Set<string>();
  readonly #tensors: Pending[] = [];
  readonly #sparse: { readonly array: ArrayValue; readonly parts: SparseParts }[] = [];
  readonly #storages = new Map<string, TorchStorage>();
  readonly #typed = new Map<TorchStorage, TypedStorage>();
  readonly #globals = new Map<string, PthValue>();

  constructor() {
    const define = (name: string, call: (args: readonly PthValue[]) => PthValue) =>
      this.#globals.set(name, new PickleGlobal(name, call));
    for (const [name, call] of CONTAINERS) define(name, call);
    const rebuild = (args: readonly PthValue[]) => {
      const [storage, offset, size, stride, , , metadata] = args;
      return this.#rebuild(storage, undefined, [offset, size, stride], metadata);
    };
    define("torch._utils._rebuild_tensor", rebuild);
    define("torch._utils._rebuild_tensor_v2", rebuild);
    define("torch._utils._rebuild_tensor_v3", ([storage, offset, size, stride, , , type, metadata]) =>
      this.#rebuild(storage, takeType(type), [offset, size, stride], metadata),
    );
    for (const name of ["torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"])
      define(name, ([tensor]) => takeTensor(tensor));
    // Subclasses of tensors: (function, class, its arguments, attributes).
    for (const name of ["torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type"])
      define(name, ([make, , args]) => {
        if (!(make instanceof PickleGlobal) || make.call === undefined)
          throw new PickleProblem("a tensor is made by no function");
        return make.call(takeList(args));
      });
    define("torch._utils._rebuild_sparse_tensor", ([layout, parts]) => this.#rebuildSparse(layout, parts));
    define("torch.serialization._get_layout", ([name]) => (typeof name === "string" ? name : null));
    for (const name of ["_rebuild_qtensor", "_rebuild_per_channel_qtensor"])
      define(`torch._utils.${name}`, () => {
        throw new PickleProblem(
          "a tensor is quantized, which is not read (dequantize() it in PyTorch first),",
        );
      });
    for (const [name, type] of STORAGES) {
      for (const module of ["torch", "torch.storage", "torch.cuda"]) {
        this.#globals.set(`${module}.${name}`, new StorageType(`${module}.${name}`, type));
      }
    }
    for (const type of [...Object.keys(ITEM_SIZE), ...WIDENINGS.keys()]) {
      this.#globals.set(`torch.${type}`, `torch.${type}`);
    }
  }

  get storages(): Iterable<TorchStorage> {
    return this.#storages.values();
  }

  global(module: string, name: string): PthValue | undefined {
    const full = `${module}.${name}`;
    const known = this.#globals.get(full);
    if (known !== undefined) return known;
    if (HARMFUL.test(full)) return undefined;
    if (/^torch(\.storage|\.cuda)?\.QU?Int\w+Storage$/.test(full)) refuseQuantized();
    // Types of tensors, which the tensors themselves say.
    if (!/^torch(\.cuda)?\.\w+Tensor$/.test(full)) this.foreign.add(printable(full));
    if (this.foreign.size > 10_000) throw new PickleProblem("it names too many classes");
    const made = inert<ArrayValue>(full);
    this.#globals.set(full, made);
    return made;
  }

  /** torch/serialization.py, persistent_id: ("storage", type, key, device, length), before 1.6 with a view at the end. */
  persistent(id: PthValue): PthValue {
    const [kind, type, key, , length, view = null] = Array.isArray(id) ? id : [];
    // A class with its source code, beside whole modules of before 1.6.
    if (kind === "module" && type !== undefined) return type;
    if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string")
      throw new PickleProblem("a storage is not described as one");
    const root = this.declare(key, type, length);
    if (view === null) return this.typed(root);
    const [viewKey, offset, viewLength] = takeList(view);
    if (typeof viewKey !== "string") throw new PickleProblem("a storage is not described as one");
    const [start = 0, count = 0] = takeCounts([offset ?? null, viewLength ?? null]);
    return this.typed(this.view(viewKey, root, start, count));
  }

  /**
   * A part of another storage, in its elements.
   * @throws PickleProblem where it reaches beyond it
   */
  view(key: string, of: TorchStorage, offset: number, length: number): TorchStorage {
    const known = this.#storages.get(key);
    if (known !== undefined) return known;
    if (!(offset >= 0 && length >= 0 && offset + length <= of.length))
      throw new PickleProblem("a storage reaches beyond the one it is a part of");
    const storage = new TorchStorage(key, length, of.type, of.swapSize, { of, offset });
    this.#storages.set(key, storage);
    return storage;
  }

  /**
   * The storage of a key.
   * @throws PickleProblem where it is described in two ways
   */
  declare(key: string, kind: PthValue | undefined, length: PthValue | undefined): TorchStorage {
    if (
      !(kind instanceof StorageType) ||
      typeof length !== "number" ||
      countElements([length, itemSizeOf(kind.type) ?? 1]) === undefined
    ) {
      throw new PickleProblem("a storage is not described as one");
    }
    const { type } = kind;
    const known = this.#storages.get(key);
    if (known !== undefined) {
      if (known.bytes !== length * (itemSizeOf(type) ?? 1))
        throw new PickleProblem(`storage ${quote(key)} has two lengths`);
      return known;
    }
    const swapSize = kind.name.endsWith("UntypedStorage") ? 0 : swapSizeOf(type);
    const storage = new TorchStorage(key, length, type, swapSize);
    this.#storages.set(key, storage);
    return storage;
  }

  typed(storage: TorchStorage): ArrayValue {
    const known = this.#typed.get(storage) ?? new TypedStorage(storage);
    this.#typed.set(storage, known as TypedStorage);
    return known;
  }

  /** torch/_utils.py: (storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata=None). */
  #rebuild(
    typed: PthValue | undefined,
    as: string | undefined,
    place: readonly (PthValue | undefined)[],
    metadata: PthValue | undefined,
  ): ArrayValue {
    if (!(typed instanceof TypedStorage)) throw new PickleProblem("a tensor has no storage");
    const [offset, size, stride] = place;
    const [start = 0] = takeCounts([offset ?? null]);
    const layout = { shape: takeCounts(size), strides: takeCounts(stride), offset: start };
    const signs = metadata instanceof Map ? metadata : new Map<PthValue, PthValue>();
    return this.tensor(typed.storage, as ?? typed.storage.type, layout, {
      conjugate: signs.get("conj") === true,
      negative: signs.get("neg") === true,
    });
  }

  /**
   * A tensor of a storage, filled when that is.
   * @throws PickleProblem where it reaches outside of it
   */
  tensor(
    storage: TorchStorage,
    type: string,
    layout: Strided,
    signs = { conjugate: false, negative: false },
  ): ArrayValue {
    const { shape, strides, offset } = layout;
    const itemSize = itemSizeOf(type) ?? 1;
    if (storage.swapSize === 0) storage.swapSize = swapSizeOf(type);
    if (strides.length !== shape.length) throw new PickleProblem("a tensor has more extents than strides");
    if (countElements([...shape, itemSize]) === undefined)
      throw new PickleProblem(`${describeShape(shape)} is not a shape`);
    if (reach(layout) * itemSize > storage.bytes) {
      const where = `offset ${offset}, strides ${describeShape(strides)}`;
      throw new PickleProblem(
        `a tensor of shape ${describeShape(shape)} (${where}) reaches outside of its storage of ${storage.length}`,
      );
    }
    const array: ArrayValue = { dtype: "uint8", shape: [...shape], data: new Uint8Array(0) };
    this.#tensors.push({ array, type, storage, layout, ...signs });
    return array;
  }

  #rebuildSparse(layout: PthValue | undefined, data: PthValue | undefined): ArrayValue {
    const parts = takeList(data);
    const compressed = typeof layout === "string" && layout !== "torch.sparse_coo";
    const [rows, columns, values, size] = compressed ? parts : [parts[0], null, parts[1], parts[2]];
    const shape = takeCounts(size);
    if (countElements(shape) === undefined) throw new PickleProblem(`${describeShape(shape)} is not a shape`);
    const array: ArrayValue = { dtype: "uint8", shape, data: new Uint8Array(0) };
    this.#sparse.push({
      array,
      parts: {
        layout: typeof layout === "string" ? layout.replace(/^torch\./, "") : "",
        indices: takeTensor(rows),
        plainIndices: compressed ? takeTensor(columns) : undefined,
        values: takeTensor(values),
        shape,
      },
    });
    return array;
  }

  /**
   * Fills every tensor, once the storages are.
   * @throws FormatError on `file` for tensors far larger than what it holds
   */
  fill(file: string): void {
    for (const storage of this.#storages.values()) {
      const { view } = storage;
      if (view === undefined) continue;
      const itemSize = itemSizeOf(storage.type) ?? 1;
      const start = view.offset * itemSize;
      storage.data = view.of.data.subarray(start, start + storage.bytes);
    }
    let held = 0;
    for (const { data } of this.#storages.values()) held += data.length;
    // A stride of 0 makes a tensor of any size out of one element, and a sparse one has next to none. Both are saved, but
    // seldom large.
    let budget = 4 * held + 64 * 1024 * 1024;
    const spend = (bytes: number) => {
      budget -= bytes;
      if (budget >= 0) return;
      throw new FormatError(`its tensors expand to far more than the ${amount(held, "bytes")} it holds`, {
        file,
        hint: "save contiguous, dense tensors: tensor.contiguous(), tensor.to_dense()",
      });
    };
    for (const pending of this.#tensors) fillTensor(pending, file, spend);
    for (const { array, parts } of this.#sparse) Object.assign(array, expandSparse(parts, file, spend));
  }

  /** What of the file is not loaded, for people; undefined if nothing is. */
  get note(): string | undefined {
    const names = [...this.foreign].sort();
    if (names.length === 0) return undefined;
    const shown = names.slice(0, 50).join(", ");
    const more = names.length > 50 ? ` and ${names.length - 50} more` : "";
    return `objects of classes and functions other than PyTorch's tensors were not loaded, and nothing of them was run: ${shown}${more}`;
  }
}

function fillTensor(
  { array, type, storage, layout, conjugate, negative }: Pending,
  file: string,
  spend: (bytes: number) => void,
): void {
  const itemSize = itemSizeOf(type) ?? 1;
  const bytes = (countElements(layout.shape) ?? 0) * itemSize;
  let data: Uint8Array;
  if (isContiguous(layout)) {
    const start = bytes === 0 ? 0 : layout.offset * itemSize;
    data = storage.data.subarray(start, start + bytes);
  } else {
    spend(bytes);
    data = gather(storage.data, itemSize, layout, file);
  }
  if (WIDENINGS.has(type)) spend(8 * bytes);
  const value = widened(type, layout.shape, data, file);
  if (typeof value === "string") throw new FormatError(value, { file });
  if (conjugate || negative) value.data = negate(value, type, conjugate, negative);
  Object.assign(array, value);
}

/** A copy with the signs turned around that PyTorch had put off turning: in little-endian floats the sign is the last bit. */
function negate(
  { data, dtype }: ArrayValue,
  type: string,
  conjugate: boolean,
  negative: boolean,
): Uint8Array {
  if (!dtype.startsWith("float")) throw new PickleProblem("a tensor that is no float is a negative");
  const size = ITEM_SIZE[dtype];
  const complex = type.startsWith("complex");
  const copy = new Uint8Array(data);
  for (let at = size - 1, i = 0; at < copy.length; at += size, i++) {
    const imaginary = complex && i % 2 === 1;
    if (negative !== (conjugate && imaginary)) copy[at] = (copy[at] as number) ^ 0x80;
  }
  return copy;
}

function refuseQuantized(): never {
  throw new PickleRefusal(
    "holds quantized tensors, which are not read",
    "dequantize() them in PyTorch, and save them again",
  );
}

function takeType(value: PthValue | undefined): string {
  const type = typeof value === "string" ? value.replace(/^torch\./, "") : "";
  if (itemSizeOf(type) === undefined) throw new PickleProblem("a tensor has no dtype that is known");
  return type;
}

function takeTensor(value: PthValue | undefined): ArrayValue {
  if (value === undefined || !isArrayValue(value)) throw new PickleProblem("a tensor is missing");
  return value;
}

export function isArrayValue(value: PthValue): value is ArrayValue {
  return typeof value === "object" && value !== null && "dtype" in value && "data" in value;
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
  if (pairs instanceof Map) return new Map(pairs);
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
