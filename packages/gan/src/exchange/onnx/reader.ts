import type { DType } from "@gantry/torch";
import { type Amount, type Extent, isFixed, PSI } from "./extent.js";
import type { Graph } from "./graph.js";
import { type Argument, type Call, Constant, Value } from "./sizes.js";

/** How one operator of LibTorch is written in ONNX's: names of outputs, one each. */
export type Translation = (call: CallReader, graph: Graph) => string | readonly string[];

/** Translations by the operator's name, with the overload where that matters. */
export type Translations = Readonly<Record<string, Translation>>;

/** A call's arguments, as a translation asks for them. */
export class CallReader {
  readonly #call: Call;
  readonly #graph: Graph;
  /** Whether nobody reads a tensor but this call. */
  readonly readAlone: (value: Value) => boolean;

  constructor(call: Call, graph: Graph, readAlone: (value: Value) => boolean) {
    this.#call = call;
    this.#graph = graph;
    this.readAlone = readAlone;
  }

  get output(): Value {
    return this.#call.outputs[0] as Value;
  }

  get outputs(): readonly Value[] {
    return this.#call.outputs;
  }

  given(name: string): Argument {
    return this.#call.arguments[name];
  }

  has(name: string): boolean {
    const argument = this.given(name);
    return argument !== undefined && argument !== null;
  }

  value(name: string): Value | Constant {
    const argument = this.given(name);
    if (argument instanceof Value || argument instanceof Constant) return argument;
    throw this.#graph.refuse(`calls ${this.#call.operator} without ${name}`);
  }

  /** A tensor's name in the graph. */
  tensor(name: string): string {
    return this.#graph.of(this.value(name));
  }

  /** The same, as this type. */
  as(name: string, dtype: DType): string {
    const value = this.value(name);
    const known = this.#graph.of(value);
    return value.dtype === dtype ? known : this.#graph.cast(known, dtype);
  }

  optional(name: string): string | undefined {
    return this.has(name) ? this.tensor(name) : undefined;
  }

  list(name: string): readonly (Value | Constant | null)[] {
    return this.given(name) as readonly (Value | Constant | null)[];
  }

  shape(name: string): readonly Extent[] {
    return this.value(name).shape;
  }

  /** A size that is the same for every batch. */
  size(name: string, dimension: number): number {
    const size = this.shape(name)[dimension];
    if (size === undefined || !isFixed(size))
      throw this.#graph.refuse(`calls ${this.#call.operator} along the batch`);
    return size;
  }

  /** A dimension, counted from the front. */
  axis(name: string, of: string, byDefault = 0): number {
    const axis = this.number(name, byDefault);
    return axis < 0 ? axis + this.shape(of).length : axis;
  }

  /** Dimensions, counted from the front; none given: all. */
  axes(name: string, of: string): number[] {
    const rank = this.shape(of).length;
    const given = this.has(name) ? this.numbers(name) : [];
    const axes = given.length === 0 ? Array.from({ length: rank }, (_, i) => i) : given;
    return axes.map((axis) => (axis < 0 ? axis + rank : axis));
  }

  number(name: string, byDefault?: number): number {
    const amount = this.amount(name, byDefault);
    if (isFixed(amount)) return amount;
    throw this.#graph.refuse(
      `calls ${this.#call.operator} with a ${name} that follows the batch's size, or psi`,
    );
  }

  amount(name: string, byDefault?: number): Amount {
    return (this.given(name) ?? byDefault) as Amount;
  }

  extent(name: string, byDefault?: number): Extent {
    const amount = this.amount(name, byDefault);
    if (amount === PSI) throw this.#graph.refuse(`calls ${this.#call.operator} with psi as its ${name}`);
    return amount;
  }

  flag(name: string): boolean {
    return this.given(name) === true;
  }

  /** Fixed numbers; one may stand for `count`. */
  numbers(name: string, count = 1, byDefault?: number): number[] {
    const argument = this.given(name) ?? byDefault;
    const list = Array.isArray(argument) ? argument : Array<Argument>(count).fill(argument as Argument);
    if (list.every((each) => typeof each === "number")) return list;
    throw this.#graph.refuse(`calls ${this.#call.operator} with a ${name} that follows the batch's size`);
  }

  extents(name: string): Extent[] {
    const argument = this.given(name);
    return (Array.isArray(argument) ? argument : [argument]) as Extent[];
  }
}
