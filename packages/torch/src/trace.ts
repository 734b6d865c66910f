// What a network computes, call by call: LibTorch's operators as they are called, with what depends on the inputs told apart from
// what does not. Programs that write a network down in another form (ONNX) read it.
import { TorchError } from "./errors.js";
import { native } from "./native.js";
import { Module } from "./nn/module.js";
import { call, keep, operatorName, setCall, wrap } from "./runtime.js";
import { parseSchema, type Schema } from "./schema.js";
import type { Tensor } from "./tensor.js";
import type { DType } from "./types.js";

/** A tensor that depends on an input, or on a random draw. */
export interface TracedTensor {
  /** Counted from 0: inputs first, then outputs of calls in their order. */
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A Tensor is one that depends on no input: the result of all that was computed for it. */
export type TracedArgument =
  | TracedTensor
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly TracedArgument[];

/** A call of an operator with something traced among its arguments, or that draws. */
export interface TracedCall {
  /** As in LibTorch's schema: `aten::add.Tensor`. One that writes into its first argument gives what is written as its output. */
  readonly operator: string;
  /** By the schema's names; undefined where the schema's default holds. */
  readonly arguments: Readonly<Record<string, TracedArgument>>;
  readonly outputs: readonly TracedTensor[];
  /** The module that called it, by its name in the network; empty for the network itself. */
  readonly place: string;
}

export interface Trace extends Disposable {
  readonly inputs: readonly TracedTensor[];
  readonly calls: readonly TracedCall[];
  /** What was returned; a Tensor where it depends on no input. */
  readonly outputs: readonly (TracedTensor | Tensor)[];
}

/** What is known of a live tensor. Views of one memory share `memory`; a name of an older version is not what it was. */
interface Known {
  readonly memory: { version: number };
  readonly version: number;
  readonly value?: TracedTensor | undefined;
  constant?: Tensor | undefined;
}

const schemas = new Map<string, Schema>();

function schemaOf(operator: string): Schema {
  const known = schemas.get(operator);
  if (known !== undefined) return known;
  const dot = operator.indexOf(".");
  const [name, overload] = dot < 0 ? [operator, ""] : [operator.slice(0, dot), operator.slice(dot + 1)];
  const found = native.schemas(name).map(parseSchema);
  const schema = found.find((each) => each.overload === overload);
  if (schema === undefined) throw new TorchError(`no schema of ${operator}`, "trace");
  schemas.set(operator, schema);
  return schema;
}

/** Whether its outputs may share the memory of its first argument. */
const givesView = ({ text }: Schema) => /-> \(?Tensor\(a\)/.test(text);
/** Whether its outputs are of an argument's shape alone. */
const looksAtShape = ({ name }: Schema) => /^aten::(zeros|ones|full|empty)_like$/.test(name);

function draws({ name, arguments: known }: Schema, given: readonly unknown[]): boolean {
  if (name === "aten::dropout") return given[2] === true;
  return /^aten::randn?_like$/.test(name) || known.some(({ type }) => type.base === "Generator");
}

let active = false;

class Tracer {
  readonly calls: TracedCall[] = [];
  readonly constants: Tensor[] = [];
  readonly #known = new Map<number, Known>();
  readonly #places: string[] = [];
  #count = 0;

  get place(): string {
    return this.#places.at(-1) ?? "";
  }

  at<T>(place: string, body: () => T): T {
    this.#places.push(place);
    try {
      return body();
    } finally {
      this.#places.pop();
    }
  }

  refuse(what: string): TorchError {
    return new TorchError(`${this.place === "" ? "the network itself" : this.place} ${what}`, "trace");
  }

  input(tensor: Tensor): TracedTensor {
    return this.#begin(tensor.handle);
  }

  /** What a tensor that was returned is. */
  output(tensor: Tensor): TracedTensor | Tensor {
    return this.#read(tensor.handle);
  }

  free(handles: number | readonly number[]): void {
    for (const handle of typeof handles === "number" ? [handles] : handles) this.#known.delete(handle);
  }

  same(handle: number, as: number): void {
    const known = this.#known.get(as);
    if (known === undefined) this.#known.delete(handle);
    else this.#known.set(handle, { ...known });
  }

  requireConstant(handle: number): void {
    if (this.#known.get(handle)?.value !== undefined)
      throw this.refuse(
        "reads numbers of what it computes of its input, so that it is no fixed sequence of operators",
      );
  }

  call(plain: typeof native.call, operator: number, given: readonly unknown[]): unknown {
    const name = operatorName(operator);
    const schema = schemaOf(name);
    const named = schema.arguments.map(({ name: key, type }, i) => {
      const value = given[i];
      const isTensor = type.base === "Tensor" && value !== undefined && value !== null;
      return { key, value, tensors: isTensor ? ([value].flat() as (number | null)[]) : [] };
    });
    const drawn = draws(schema, given);
    const handles = named.flatMap(({ tensors }) => tensors).filter((handle) => handle !== null);
    const traced =
      drawn ||
      (!looksAtShape(schema) && handles.some((handle) => this.#known.get(handle)?.value !== undefined));
    const values = !traced
      ? undefined
      : Object.fromEntries(
          named.map(({ key, value, tensors }) => {
            if (tensors.length === 0) return [key, value as TracedArgument];
            const read = tensors.map((handle) => (handle === null ? null : this.#read(handle)));
            return [key, Array.isArray(value) ? read : read[0]];
          }),
        );
    const result = plain(operator, ...given);
    const first = handles[0];
    const written = schema.arguments[0]?.type.written === true && first !== undefined;
    const made = written
      ? [first]
      : ([result].flat() as (number | null)[]).filter((h) => typeof h === "number");
    const shared = (written || givesView(schema)) && first !== undefined ? this.#of(first).memory : undefined;
    if (written && traced && shared !== undefined) shared.version++;
    const outputs = made.map((handle) => {
      if (traced) return this.#begin(handle, shared);
      const memory = shared ?? { version: 0 };
      if (!written) this.#known.set(handle, { memory, version: memory.version });
      return undefined;
    });
    if (values !== undefined)
      this.calls.push({
        operator: name,
        arguments: values,
        outputs: outputs.filter((output) => output !== undefined),
        place: this.place,
      });
    return result;
  }

  #begin(handle: number, memory: { version: number } = { version: 0 }): TracedTensor {
    const value = {
      id: this.#count++,
      shape: native.shape(handle),
      dtype: native.dtype(handle) as DType,
    };
    this.#known.set(handle, { memory, version: memory.version, value });
    return value;
  }

  #of(handle: number): Known {
    let known = this.#known.get(handle);
    if (known === undefined) {
      known = { memory: { version: 0 }, version: 0 };
      this.#known.set(handle, known);
    }
    return known;
  }

  #read(handle: number): TracedTensor | Tensor {
    const known = this.#of(handle);
    if (known.version !== known.memory.version)
      throw this.refuse("reads a tensor that was changed in place by another of its views");
    if (known.value !== undefined) return known.value;
    if (known.constant === undefined) {
      known.constant = keep(wrap(native.alias(handle)));
      this.constants.push(known.constant);
    }
    return known.constant;
  }
}

/** Has every method of a network's modules say that it is under way. */
function watchModules(network: Module, tracer: Tracer): () => void {
  const undo: (() => void)[] = [];
  for (const [name, module] of network.namedModules()) {
    const methods = new Set<string>();
    for (
      let each = Object.getPrototypeOf(module);
      each !== Module.prototype;
      each = Object.getPrototypeOf(each)
    )
      for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each)))
        if (typeof value === "function" && key !== "constructor") methods.add(key);
    const open = module as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const key of methods) {
      const plain = open[key] as (...args: unknown[]) => unknown;
      const value = (...args: unknown[]) => tracer.at(name, () => plain.apply(module, args));
      Object.defineProperty(module, key, { value, configurable: true });
      undo.push(() => {
        delete open[key];
      });
    }
  }
  return () => {
    for (const each of undo) each();
  };
}

/** Calls of the native part that are no operators. */
function watchNative(tracer: Tracer): () => void {
  const { free, alias, assign, item, copyTo } = native;
  native.free = (handles, outside) => {
    tracer.free(handles);
    free(handles, outside);
  };
  native.alias = (handle) => {
    const made = alias(handle);
    tracer.same(made, handle);
    return made;
  };
  native.assign = (handle, other) => {
    assign(handle, other);
    tracer.same(handle, other);
  };
  native.item = (handle) => {
    tracer.requireConstant(handle);
    return item(handle);
  };
  native.copyTo = (handle, into) => {
    tracer.requireConstant(handle);
    copyTo(handle, into);
  };
  const plain = call;
  setCall((operator, ...given) => tracer.call(plain, operator, given));
  return () => {
    setCall(plain);
    Object.assign(native, { free, alias, assign, item, copyTo });
  };
}

/**
 * Runs `body` and writes down which operators it calls on what depends on `inputs`, and on random draws; all else is computed and
 * stands in the trace as tensors, which live until the trace is disposed of.
 * @param network whose modules are named as the places of calls
 * @throws TorchError where numbers of what is traced are read, or a tensor is that was written into by another of its views
 */
export function trace(network: Module, inputs: readonly Tensor[], body: () => readonly Tensor[]): Trace {
  if (active) throw new TorchError("a trace is under way already", "trace");
  active = true;
  const tracer = new Tracer();
  const traced = inputs.map((input) => tracer.input(input));
  const undo = [watchModules(network, tracer), watchNative(tracer)];
  const dispose = () => {
    for (const constant of tracer.constants) constant.dispose();
  };
  try {
    const outputs = body().map((output) => tracer.output(output));
    return { inputs: traced, calls: tracer.calls, outputs, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  } finally {
    for (const each of undo) each();
    active = false;
  }
}
