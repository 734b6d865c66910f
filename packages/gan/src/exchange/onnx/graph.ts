import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxType, OnnxValue } from "@gantry/formats";
import { onnxTypeNumber } from "@gantry/formats";
import { type DType, scope, type Tensor, torch } from "@gantry/torch";
import { RunError } from "../../core/base/errors.js";
import { type Amount, type Extent, isFixed, PSI, plus } from "./extent.js";
import { type Constant, placeName, Value } from "./sizes.js";

/** Of ONNX's operators. */
export const OPSET = 18;
/** How the size of the batch is called in the shapes of inputs and outputs. */
export const BATCH = "batch";

export type Attributes = Readonly<Record<string, OnnxAttribute>>;

const TYPES: Partial<Record<DType, OnnxType>> = {
  float32: "float32",
  float64: "float64",
  int64: "int64",
  int32: "int32",
  bool: "bool",
};

/** @throws RunError for a type that no network here computes in */
export function onnxType(dtype: DType): OnnxType {
  const found = TYPES[dtype];
  if (found === undefined) throw new RunError(`it cannot be exported: it computes in ${dtype}`);
  return found;
}

/** A convolution or a product whose weight may take in what follows it. */
interface Weighted {
  readonly node: number;
  /** The weight's dimension of outputs. */
  readonly outputs: 0 | 1;
  readonly groups: number;
}

/** An ONNX graph as it is written, node by node. */
export class Graph {
  readonly inputs: OnnxValue[] = [];
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, OnnxTensor>();
  /** What is said of inputs that are drawn, by their names. */
  readonly draws: Record<string, "normal" | "uniform"> = {};
  /** The module whose calls are being written. */
  place = "";
  readonly #values = new Map<number, string>();
  readonly #constants = new Map<Constant, string>();
  readonly #shared = new Map<string, string>();
  readonly #weighted = new Map<string, Weighted>();
  readonly #psi: string | undefined;
  #first: string | undefined;
  #count = 0;

  /** @param psi the name of its input, where it has one */
  constructor(psi?: string) {
    this.#psi = psi;
  }

  refuse(what: string): RunError {
    return new RunError(`it cannot be exported: ${placeName(this.place)} ${what}`);
  }

  /**
   * Takes a tensor in, whose first dimension is the batch's unless it is fixed.
   * @param shared whether one may do for all of a batch, so that there may be one, or one each
   */
  input(name: string, dtype: DType, shape: readonly Extent[], shared = false): string {
    const named = shape.map((size, i) => {
      if (shared && i === 0) return `${name}.size`;
      if (isFixed(size)) return size;
      return size.by === size.over && size.plus === 0 ? BATCH : `${name}.size.${i}`;
    });
    this.inputs.push({ name, dtype: onnxType(dtype), shape: named });
    if (named[0] === BATCH) this.#first ??= name;
    return name;
  }

  name(value: Value, name: string): void {
    this.#values.set(value.id, name);
  }

  /** The name under which a tensor is known. */
  of(tensor: Value | Constant): string {
    if (tensor instanceof Value) {
      const name = this.#values.get(tensor.id);
      if (name === undefined) throw this.refuse("reads what no operator made");
      return name;
    }
    let name = this.#constants.get(tensor);
    if (name === undefined) {
      name = this.constant(tensor.tensor);
      if (tensor.isRepeated) name = this.emit("Expand", [name, this.extents(tensor.shape)]);
      this.#constants.set(tensor, name);
    }
    return name;
  }

  /** A tensor's numbers as they are now. */
  constant(tensor: Tensor, name = this.#fresh("constant")): string {
    const dtype = onnxType(tensor.dtype);
    const bytes = scope(() => tensor.detach().contiguous().toBytes());
    this.initializers.set(name, { dtype, shape: tensor.shape, bytes });
    return name;
  }

  /** One node, named after the module that it comes from. */
  emit(operator: string, inputs: readonly (string | undefined)[], attributes: Attributes = {}): string {
    return this.emitAll(operator, inputs, 1, attributes)[0] as string;
  }

  emitAll(
    operator: string,
    inputs: readonly (string | undefined)[],
    count: number,
    attributes: Attributes = {},
  ): string[] {
    const name = this.#fresh(operator);
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}.${i}`));
    // Optional inputs at the end are left out: named by nothing, runtimes take some of them for given.
    const given = inputs.slice(0, inputs.findLastIndex((input) => input !== undefined) + 1);
    this.nodes.push({ operator, name, inputs: given.map((input) => input ?? ""), outputs, attributes });
    return outputs;
  }

  cast(value: string, dtype: DType): string {
    return this.emit("Cast", [value], { to: onnxTypeNumber(onnxType(dtype)) });
  }

  /** Whole numbers, as operators take their axes and sizes. */
  integers(values: readonly number[]): string {
    const key = `[${values}]`;
    return this.#once(key, () => this.#literal(values, [values.length], "int64"));
  }

  /** A number of this type, without dimensions. */
  number(amount: Amount, dtype: DType): string {
    if (amount === PSI) {
      if (this.#psi === undefined) throw this.refuse("computes with psi, which is no input here");
      return this.#once(`psi ${dtype}`, () =>
        dtype === "float32" ? (this.#psi as string) : this.cast(this.#psi as string, dtype),
      );
    }
    if (isFixed(amount)) return this.#once(`${amount} ${dtype}`, () => this.#literal([amount], [], dtype));
    if (dtype.startsWith("int")) return this.emit("Reshape", [this.extents([amount]), this.integers([])]);
    const share = this.emit("Mul", [
      this.cast(this.#batch(), dtype),
      this.number(amount.by / amount.over, dtype),
    ]);
    const sum = this.emit("Add", [share, this.number(amount.plus, dtype)]);
    return this.emit("Reshape", [sum, this.integers([])]);
  }

  /** Sizes or places as a vector. */
  extents(extents: readonly Extent[]): string {
    if (extents.every(isFixed)) return this.integers(extents);
    const parts = extents.map((extent) => (isFixed(extent) ? this.integers([extent]) : this.#extent(extent)));
    return parts.length === 1 ? (parts[0] as string) : this.emit("Concat", parts, { axis: 0 });
  }

  /** A tensor in another shape of as many numbers. */
  reshape(value: string, shape: readonly Extent[]): string {
    const open = shape.filter((size) => !isFixed(size));
    const sizes = open.length === 1 ? shape.map((size) => (isFixed(size) ? size : -1)) : shape;
    return this.emit("Reshape", [value, this.extents(sizes)]);
  }

  /** From one place to another along a dimension. */
  slice(value: string, axis: number, from: Extent, length: Extent, step = 1): string {
    const [start, end] = [this.extents([from]), this.extents([plus(from, length)])];
    return this.emit("Slice", [value, start, end, this.integers([axis]), this.integers([step])]);
  }

  /** Notes that what this value's node computes may take a scale and a shift of its outputs in. */
  weighted(value: string, outputs: 0 | 1, groups: number): void {
    this.#weighted.set(value, { node: this.nodes.length - 1, outputs, groups });
  }

  /**
   * Multiplies a value's channels by `scale` and adds `shift` to them, in the weight of the node that made it where that is possible.
   * @param alone whether nobody else reads the value
   * @param scale C numbers in float64
   * @returns its name; undefined where that is not possible
   */
  folded(value: string, alone: boolean, scale: Tensor, shift: Tensor): string | undefined {
    const weighted = this.#weighted.get(value);
    const node = weighted === undefined ? undefined : this.nodes[weighted.node];
    if (!alone || weighted === undefined || node === undefined) return undefined;
    const [input = "", weightName = "", biasName] = node.inputs;
    const [weight, bias] = [this.initializers.get(weightName), this.initializers.get(biasName ?? "")];
    if (
      weight === undefined ||
      (weighted.outputs === 1 && weighted.groups > 1) ||
      (biasName && bias === undefined)
    )
      return undefined;
    scope(() => {
      const wide = (tensor: OnnxTensor) =>
        torch.fromBytes(tensor.bytes, tensor.shape, "float32").to({ dtype: "float64" });
      const places = weight.shape.map((_, i) => (i === weighted.outputs ? -1 : 1));
      const heavier = wide(weight).mul(scale.view(places)).to({ dtype: "float32" });
      const moved = bias === undefined ? shift : wide(bias).mul(scale).add(shift);
      const inputs = [input, this.constant(heavier), this.constant(moved.to({ dtype: "float32" }))];
      this.nodes[weighted.node] = { ...node, inputs };
    });
    return value;
  }

  /** Leaves inputs and initializers out that no node reads. */
  prune(): void {
    const read = new Set(this.nodes.flatMap(({ inputs }) => inputs));
    const used = this.inputs.filter(({ name }) => read.has(name));
    this.inputs.splice(0, this.inputs.length, ...used);
    for (const name of this.initializers.keys()) if (!read.has(name)) this.initializers.delete(name);
  }

  #batch(): string {
    const first = this.#first;
    if (first === undefined) throw this.refuse("has no input that says how large the batch is");
    return this.#once("batch", () => this.emit("Shape", [first], { start: 0, end: 1 }));
  }

  #extent({ by, over, plus: more }: Exclude<Extent, number>): string {
    return this.#once(`${by}/${over}+${more}`, () => {
      let size = this.#batch();
      if (by !== 1) size = this.emit("Mul", [size, this.integers([by])]);
      if (over !== 1) size = this.emit("Div", [size, this.integers([over])]);
      return more === 0 ? size : this.emit("Add", [size, this.integers([more])]);
    });
  }

  #literal(values: readonly number[], shape: readonly number[], dtype: DType): string {
    return scope(() => this.constant(torch.tensor(Float64Array.from(values), { shape, dtype })));
  }

  #once(key: string, make: () => string): string {
    let name = this.#shared.get(key);
    if (name === undefined) {
      name = make();
      this.#shared.set(key, name);
    }
    return name;
  }

  #fresh(what: string): string {
    return `${this.place === "" ? "" : `${this.place}/`}${what}_${this.#count++}`;
  }
}
