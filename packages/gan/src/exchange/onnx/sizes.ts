import {
  type DType,
  scope,
  Tensor,
  type Trace,
  type TracedArgument,
  type TracedCall,
  type TracedTensor,
} from "@gantry/torch";
import { RunError } from "../../core/base/errors.js";
import { type Amount, type Extent, extentOf, isFixed, PSI } from "./extent.js";

/** A tensor that depends on an input, whatever the size of the batch. */
export class Value {
  constructor(
    readonly id: number,
    readonly shape: readonly Extent[],
    readonly dtype: DType,
  ) {}
}

/** A tensor that depends on no input; where it follows the batch's size, it is one row, repeated. */
export class Constant {
  constructor(
    readonly tensor: Tensor,
    readonly shape: readonly Extent[],
  ) {}

  get dtype(): DType {
    return this.tensor.dtype;
  }

  get isRepeated(): boolean {
    return !this.shape.every(isFixed);
  }
}

export type Argument = Value | Constant | Amount | boolean | string | null | undefined | readonly Argument[];

/** A call for batches of every size. */
export interface Call {
  readonly operator: string;
  readonly arguments: Readonly<Record<string, Argument>>;
  readonly outputs: readonly Value[];
  /** The module that it comes from; empty for the network itself. */
  readonly place: string;
}

export interface Program {
  readonly inputs: readonly Value[];
  readonly calls: readonly Call[];
  readonly outputs: readonly (Value | Constant)[];
  /** What a batch must be a multiple of. */
  readonly multiple: number;
}

/** Traces of one network that differ in the size of the batch, and in psi. */
export interface Traces {
  readonly first: Trace;
  /** Of another size of batch. */
  readonly larger: Trace;
  readonly sizes: readonly [number, number];
  /** Of another psi; for networks that have it. */
  readonly other?: { readonly trace: Trace; readonly psi: readonly [number, number] } | undefined;
}

export const placeName = (place: string): string => (place === "" ? "the network itself" : `'${place}'`);

/**
 * What is the same in traces of batches of two sizes, and how the rest follows the size.
 * @throws RunError naming the part that does something else with a batch of another size
 */
export function forAllSizes(traces: Traces): Program {
  return new Merger(traces).program();
}

const isTraced = (argument: unknown): argument is TracedTensor =>
  typeof argument === "object" && argument !== null && "id" in argument;

class Merger {
  readonly #traces: Traces;
  readonly #constants = new Map<Tensor, Constant>();
  #multiple = 1;
  #place = "";

  constructor(traces: Traces) {
    this.#traces = traces;
  }

  program(): Program {
    const { first, larger, other } = this.#traces;
    for (const trace of [larger, other?.trace]) {
      if (trace === undefined) continue;
      const at = first.calls.findIndex(({ operator }, i) => operator !== trace.calls[i]?.operator);
      const odd = at < 0 ? trace.calls[first.calls.length] : first.calls[at];
      if (odd !== undefined)
        throw this.#refuse(odd.place, "takes another way for a batch of another size, or for another psi");
    }
    const inputs = first.inputs.map((input, i) => this.#value(input, larger.inputs[i]!));
    const calls = first.calls.map((call, i) => this.#call(call, larger.calls[i]!, other?.trace.calls[i]));
    const outputs = first.outputs.map((output, i) => {
      const merged = this.#argument(output, larger.outputs[i], other?.trace.outputs[i]);
      return merged as Value | Constant;
    });
    return { inputs, calls, outputs, multiple: this.#multiple };
  }

  #refuse(place: string, what: string): RunError {
    return new RunError(`it cannot be exported: ${placeName(place)} ${what}`);
  }

  #call(call: TracedCall, larger: TracedCall, other: TracedCall | undefined): Call {
    this.#place = call.place;
    const named = Object.entries(call.arguments).map(([key, value]) => [
      key,
      this.#argument(value, larger.arguments[key], other?.arguments[key]),
    ]);
    return {
      operator: call.operator,
      arguments: Object.fromEntries(named),
      outputs: call.outputs.map((output, i) => this.#value(output, larger.outputs[i]!)),
      place: call.place,
    };
  }

  #value(tensor: TracedTensor, larger: TracedTensor): Value {
    return new Value(
      tensor.id,
      tensor.shape.map((size, i) => this.#extent(size, larger.shape[i]!)),
      tensor.dtype,
    );
  }

  #extent(first: number, larger: number): Extent {
    const extent = extentOf(first, larger, this.#traces.sizes);
    if (!isFixed(extent)) {
      if (!Number.isInteger(extent.plus) && Number.isInteger(first))
        throw this.#refuse(this.#place, "computes a size of the batch's that is no whole share of it");
      this.#multiple = Math.max(this.#multiple, extent.over);
    }
    return extent;
  }

  #argument(first: TracedArgument, larger: TracedArgument, other: TracedArgument): Argument {
    if (Array.isArray(first))
      return first.map((each, i) =>
        this.#argument(
          each,
          (larger as readonly TracedArgument[])[i],
          (other as readonly TracedArgument[] | undefined)?.[i],
        ),
      );
    if (first instanceof Tensor) return this.#constant(first, larger, other);
    if (isTraced(first)) {
      if (!isTraced(larger) || larger.id !== first.id)
        throw this.#refuse(this.#place, "takes other tensors for a batch of another size");
      return this.#value(first, larger);
    }
    if (typeof first === "bigint")
      return this.#argument(Number(first), Number(larger), other === undefined ? other : Number(other));
    if (typeof first === "number") return this.#number(first, larger as number, other as number | undefined);
    if (first !== larger) throw this.#refuse(this.#place, "takes other options for a batch of another size");
    return first as boolean | string | null | undefined;
  }

  #number(first: number, larger: number, other: number | undefined): Amount {
    if (other !== undefined && other !== first) {
      const [psi, changed] = this.#traces.other!.psi;
      if (first !== psi || other !== changed || larger !== first)
        throw this.#refuse(this.#place, "computes with psi beside its tensors");
      return PSI;
    }
    return this.#extent(first, larger);
  }

  #constant(first: Tensor, larger: TracedArgument, other: TracedArgument): Constant {
    const known = this.#constants.get(first);
    if (known !== undefined) return known;
    const differs = () =>
      this.#refuse(this.#place, "has numbers of its own that follow the batch's size, or psi");
    if (!(larger instanceof Tensor) || larger.dim !== first.dim) throw differs();
    const shape = first.shape.map((size, i) => this.#extent(size, larger.shape[i]!));
    const made = scope(() => {
      const row = (tensor: Tensor) =>
        shape.reduce<Tensor>((rest, size, i) => (isFixed(size) ? rest : rest.narrow(i, 0, 1)), tensor);
      const rows = [first, larger].map(row) as [Tensor, Tensor];
      const same = (a: Tensor, b: Tensor) => a.shape.join() === b.shape.join() && a.eq(b).all().item() !== 0;
      if (!same(rows[0], rows[1]) || !same(rows[0].expand(first.shape), first)) throw differs();
      if (other !== undefined && !(other instanceof Tensor && same(first, other))) throw differs();
      // The traces are disposed of before the graph is written.
      return rows[0].alias();
    });
    const constant = new Constant(made, shape);
    this.#constants.set(first, constant);
    return constant;
  }
}
