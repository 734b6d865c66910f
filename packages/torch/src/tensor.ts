import { inspect } from "node:util";
import { TorchError } from "./errors.js";
import { native } from "./native.js";
// Operators are methods of tensors and give tensors. Both ways back are types; loading goes one way (setConstructor).
// biome-ignore lint/suspicious/noImportCycles: see above
import { functions, TensorMethods } from "./ops_gen.js";
// biome-ignore lint/suspicious/noImportCycles: see above
import { release, rewatch, setConstructor, wrap } from "./runtime.js";
import type { Device, DType, MemoryFormat, TypedArray } from "./types.js";

/** Nested arrays of numbers, as `[[1, 2], [3, 4]]`. */
export type NestedNumbers = number | readonly NestedNumbers[];

const READ_AS: Record<DType, new (length: number) => TypedArray> = {
  float32: Float32Array,
  float64: Float64Array,
  bfloat16: Float32Array,
  float16: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const BYTES: Record<DType, number> = {
  float64: 8,
  int64: 8,
  float32: 4,
  int32: 4,
  bfloat16: 2,
  float16: 2,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/**
 * An n-dimensional array in LibTorch's memory, with autograd. Operators are methods (see ops_gen.ts) named and defined
 * as in PyTorch, in camelCase.
 */
export class Tensor extends TensorMethods {
  override handle: number;
  #shape: readonly number[] | undefined;

  /** For this package: takes ownership of a native handle. Users make tensors with `torch.tensor` and operators. */
  constructor(handle: number) {
    super();
    this.handle = handle;
  }

  /** Sizes of the dimensions. */
  get shape(): readonly number[] {
    this.#shape ??= native.shape(this.handle);
    return this.#shape;
  }

  get dtype(): DType {
    return native.dtype(this.handle) as DType;
  }

  get device(): Device {
    return native.device(this.handle) as Device;
  }

  /** Number of dimensions. */
  get dim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Elements to step over, a dimension each. */
  get strides(): readonly number[] {
    return native.strides(this.handle);
  }

  get requiresGrad(): boolean {
    return native.requiresGrad(this.handle);
  }

  /** @throws TorchError for integer tensors, and for turning it off where the tensor is not a leaf */
  requiresGrad_(flag = true): this {
    native.setRequiresGrad(this.handle, flag);
    return this;
  }

  /** Made by the user rather than by an operator that recorded gradients. */
  get isLeaf(): boolean {
    return native.isLeaf(this.handle);
  }

  /** False once freed by scope(), `using` or dispose(). */
  get isLive(): boolean {
    return this.handle !== 0;
  }

  isContiguous(format: "contiguous" | "channelsLast" = "contiguous"): boolean {
    return native.isContiguous(this.handle, format);
  }

  /**
   * Size of one dimension; negative counts from the last.
   * @throws TorchError out of range
   */
  size(dimension: number): number {
    const size = this.shape.at(dimension);
    if (size === undefined) throw new TorchError(`no dimension ${dimension}`, "size", this.toString());
    return size;
  }

  /**
   * The single element, as a number. Waits for the device.
   * @throws TorchError when there is not exactly one
   */
  item(): number {
    return native.item(this.handle);
  }

  /** The elements in row-major order, in one copy; bfloat16 and float16 as float32, bool as 0 and 1. */
  toTypedArray(): TypedArray {
    const { dtype } = this;
    if (dtype === "bfloat16" || dtype === "float16") {
      using wide = this.detach().toCopy({ dtype: "float32" });
      return wide.toTypedArray();
    }
    const array = new READ_AS[dtype](this.numel);
    native.copyTo(this.handle, array);
    return array;
  }

  /** The elements as they lie in memory, row-major and little-endian, whatever the dtype: for files. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.numel * BYTES[this.dtype]);
    native.copyTo(this.handle, bytes);
    return bytes;
  }

  /** The elements as float64 numbers, row-major. */
  toNumbers(): number[] {
    return Array.from(this.toTypedArray() as ArrayLike<number | bigint>, Number);
  }

  /** The elements as nested arrays of the tensor's shape. */
  toList(): NestedNumbers {
    const numbers = this.toNumbers();
    const { shape } = this;
    let position = 0;
    const build = (dimension: number): NestedNumbers => {
      if (dimension === shape.length) return numbers[position++] ?? Number.NaN;
      return Array.from({ length: shape[dimension] ?? 0 }, () => build(dimension + 1));
    };
    return build(0);
  }

  /** Makes this object mean another tensor's value (same storage): how a parameter is replaced without losing it. */
  assign(other: Tensor): this {
    native.assign(this.handle, other.handle);
    this.#shape = undefined;
    return this;
  }

  /** Exchanges what this and another object mean, without touching either tensor. */
  swap(other: Tensor): void {
    const mine = this.handle;
    this.handle = other.handle;
    other.handle = mine;
    this.#shape = undefined;
    other.#shape = undefined;
    rewatch(this);
    rewatch(other);
  }

  /** A second owner of the same tensor. */
  alias(): Tensor {
    return wrap(native.alias(this.handle));
  }

  /** Frees the native memory now; the object must not be used again. Twice is harmless. */
  dispose(): void {
    release(this);
  }

  [Symbol.dispose](): void {
    release(this);
  }

  override toString(): string {
    if (this.handle === 0) return "Tensor(freed)";
    return `Tensor(${this.dtype}[${this.shape.join(",")}])`;
  }

  [inspect.custom](): string {
    if (this.handle === 0 || this.numel > 100) return this.toString();
    return `${this.toString()} ${JSON.stringify(this.toList())}`;
  }
}

setConstructor((handle) => new Tensor(handle));

const OF_ARRAY: [new (...args: never[]) => TypedArray, DType][] = [
  [Float32Array, "float32"],
  [Float64Array, "float64"],
  [BigInt64Array, "int64"],
  [Int32Array, "int32"],
  [Int16Array, "int16"],
  [Int8Array, "int8"],
  [Uint8Array, "uint8"],
];

/**
 * A tensor of a typed array's elements, in one copy, with the array's own element type.
 * @param dtype default the array's; a Uint8Array may be read as `bool`
 * @throws TorchError when shape and length disagree
 */
export function fromTypedArray(
  data: TypedArray,
  shape: readonly number[] = [data.length],
  dtype?: DType,
): Tensor {
  const own = OF_ARRAY.find(([kind]) => data instanceof kind)?.[1];
  if (own === undefined) throw new TorchError("the data must be a typed array", "tensor");
  if (dtype === "bool" && own === "uint8") return wrap(native.fromBytes(data, shape, "bool"));
  const tensor = wrap(native.fromBytes(data, shape, own));
  if (dtype === undefined || dtype === own) return tensor;
  const converted = tensor.toCopy({ dtype });
  tensor.dispose();
  return converted;
}

/**
 * A tensor of raw little-endian bytes, as toBytes() gives them.
 * @throws TorchError when length and shape disagree
 */
export function fromBytes(bytes: Uint8Array, shape: readonly number[], dtype: DType): Tensor {
  return wrap(native.fromBytes(bytes, shape, dtype));
}

export interface TensorOptions {
  /** Default: a typed array's own; float32 for numbers. */
  dtype?: DType;
  /** Default `cpu`. */
  device?: Device;
  /** Default the data's own shape. */
  shape?: readonly number[];
  /** Default false. */
  requiresGrad?: boolean;
}

/**
 * A tensor of a number, nested arrays of numbers or a typed array.
 * @throws TorchError for ragged arrays
 */
export function tensor(data: NestedNumbers | TypedArray, options: TensorOptions = {}): Tensor {
  let made: Tensor;
  if (ArrayBuffer.isView(data)) {
    made = fromTypedArray(data as TypedArray, options.shape ?? [data.length], options.dtype);
  } else {
    const shape: number[] = [];
    for (let level = data as NestedNumbers | undefined; Array.isArray(level); level = level[0])
      shape.push(level.length);
    const flat: number[] = [];
    const flatten = (value: NestedNumbers, depth: number): void => {
      if (typeof value === "number") {
        if (depth !== shape.length) throw new TorchError("the nested arrays are ragged", "tensor");
        flat.push(value);
        return;
      }
      if (value.length !== shape[depth]) throw new TorchError("the nested arrays are ragged", "tensor");
      for (const element of value) flatten(element, depth + 1);
    };
    flatten(data as NestedNumbers, 0);
    const dtype = options.dtype ?? "float32";
    // Float64 carries every number given; the conversion to the wished type is then LibTorch's.
    made = fromTypedArray(
      dtype === "float32" ? Float32Array.from(flat) : Float64Array.from(flat),
      options.shape ?? shape,
      dtype,
    );
  }
  if (options.device !== undefined && options.device !== "cpu") {
    const moved = made.toCopy({ device: options.device });
    made.dispose();
    made = moved;
  }
  return options.requiresGrad ? made.requiresGrad_() : made;
}

/**
 * The sum of several tensors, added from the first to the last.
 * @throws TorchError for none
 */
export function sumOf(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 0) throw new TorchError("there is nothing to add up", "sumOf");
  return tensors.reduce((total, tensor) => total.add(tensor));
}

export type { MemoryFormat };
export { functions };
