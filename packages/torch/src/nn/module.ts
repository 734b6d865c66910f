import { noGrad } from "../autograd.js";
import { TorchError } from "../errors.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import type { Device, DType, MemoryFormat } from "../types.js";
import { Buffer, Parameter } from "./parameter.js";

/** What a module owns under one name. */
export type Member = Parameter | Buffer | Module;

export interface ToOptions {
  device?: Device | undefined;
  /** Of floating point tensors; integer buffers keep theirs. */
  dtype?: DType | undefined;
  /** Of 4-D tensors; others are left as they are. */
  memoryFormat?: MemoryFormat | undefined;
}

export interface LoadOptions {
  /** Refuse a state that lacks a key or has one too many. Default true. */
  strict?: boolean;
}

/** `runningMean` -> `running_mean`: a property's name as PyTorch writes it. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function* flattened(name: string, value: unknown): Generator<readonly [string, Member]> {
  if (value instanceof Module || value instanceof Parameter || value instanceof Buffer) yield [name, value];
  else if (Array.isArray(value))
    for (const [i, element] of value.entries()) yield* flattened(`${name}.${i}`, element);
  else if (value instanceof Map)
    for (const [key, element] of value) yield* flattened(`${name}.${String(key)}`, element);
}

const isFloating = (dtype: DType) => dtype.includes("float");

/**
 * A part of a network: it owns parameters, buffers and other modules, and finds them by walking its own properties in
 * the order they were declared. Arrays and Maps of them count (`blocks.0`, `heads.rotation`), undefined does not; what a
 * module refers to without owning belongs in a `#private` field. Names in a state are PyTorch's, so that checkpoints
 * can be exchanged. Subclasses declare `forward` as they like.
 */
export abstract class Module {
  /** Whether layers that behave differently in training (batch norm, dropout, spectral norm) do so. Default true. */
  training = true;

  /** What this module owns directly, each with its name in a state. Override it to name members differently. */
  protected *members(): Iterable<readonly [string, Member]> {
    for (const [key, value] of Object.entries(this))
      if (typeof value === "object" && value !== null) yield* flattened(snakeCase(key), value);
  }

  /** Called before a state is read, with the keys below this module: a chance to make members that it names. */
  protected prepareLoad(_keys: readonly string[]): void {}

  /** Own tensors of one kind first, then the children's, as PyTorch orders them. */
  *#tensors(prefix: string): Generator<readonly [string, Parameter | Buffer]> {
    const members = [...this.members()];
    for (const [name, member] of members) if (member instanceof Parameter) yield [prefix + name, member];
    for (const [name, member] of members) if (member instanceof Buffer) yield [prefix + name, member];
    for (const [name, member] of members)
      if (member instanceof Module) yield* member.#tensors(`${prefix}${name}.`);
  }

  #named<T extends Parameter | Buffer>(kind: new (handle: number) => T): [string, T][] {
    const seen = new Set<Parameter | Buffer>();
    const found: [string, T][] = [];
    for (const [name, tensor] of this.#tensors("")) {
      if (!(tensor instanceof kind) || seen.has(tensor)) continue;
      seen.add(tensor);
      found.push([name, tensor]);
    }
    return found;
  }

  /** Every parameter, here and below, once each. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  namedParameters(): [string, Parameter][] {
    return this.#named(Parameter);
  }

  /** Every buffer, here and below, once each. */
  buffers(): Buffer[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  namedBuffers(): [string, Buffer][] {
    return this.#named(Buffer);
  }

  /** The modules owned directly. */
  children(): Module[] {
    const found = new Set<Module>();
    for (const [, member] of this.members()) if (member instanceof Module) found.add(member);
    return [...found];
  }

  /** This module (named "") and every one below it, once each. */
  namedModules(): [string, Module][] {
    const found = new Map<Module, string>();
    const visit = (name: string, module: Module): void => {
      if (found.has(module)) return;
      found.set(module, name);
      for (const [key, member] of module.members())
        if (member instanceof Module) visit(name === "" ? key : `${name}.${key}`, member);
    };
    visit("", this);
    return Array.from(found, ([module, name]) => [name, module]);
  }

  /** Sets `training`, here and below. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** train(false). */
  eval(): this {
    return this.train(false);
  }

  /** Lets gradients flow to every parameter, or stops them. */
  requiresGrad_(flag = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(flag);
    return this;
  }

  /** Every parameter and buffer by name: the live tensors, not copies. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#tensors(""));
  }

  /**
   * Copies a state's values into the parameters and buffers; element types and devices may differ.
   * @throws TorchError naming every missing, unexpected and mis-shaped key, before anything is changed
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>, { strict = true }: LoadOptions = {}): void {
    for (const [name, module] of this.namedModules()) {
      const prefix = name === "" ? "" : `${name}.`;
      const below = [...state.keys()].filter((key) => key.startsWith(prefix));
      module.prepareLoad(below.map((key) => key.slice(prefix.length)));
    }
    const own = this.stateDict();
    const missing = [...own.keys()].filter((key) => !state.has(key));
    const unexpected = [...state.keys()].filter((key) => !own.has(key));
    const misshaped: string[] = [];
    for (const [key, tensor] of own) {
      const given = state.get(key);
      if (given !== undefined && given.shape.join() !== tensor.shape.join())
        misshaped.push(`${key} ([${given.shape}] given, [${tensor.shape}] expected)`);
    }
    const problems: string[] = [];
    if (strict && missing.length > 0) problems.push(`missing: ${missing.join(", ")}`);
    if (strict && unexpected.length > 0) problems.push(`unexpected: ${unexpected.join(", ")}`);
    if (misshaped.length > 0) problems.push(`of another shape: ${misshaped.join(", ")}`);
    if (problems.length > 0)
      throw new TorchError(`the state does not fit ${this.constructor.name}; ${problems.join("; ")}`);
    noGrad(() => {
      for (const [key, tensor] of own) {
        const given = state.get(key);
        if (given !== undefined && given !== tensor) tensor.copy_(given);
      }
    });
  }

  /**
   * Moves or converts every parameter and buffer. They stay the same objects, with their requiresGrad. Do it before the
   * first optimizer step: an optimizer's state is not moved.
   */
  to(options: ToOptions): this {
    scope(() => {
      for (const tensor of [...this.parameters(), ...this.buffers()]) {
        const wished: ToOptions = { device: options.device };
        if (isFloating(tensor.dtype)) wished.dtype = options.dtype;
        if (tensor.dim === 4) wished.memoryFormat = options.memoryFormat;
        const moved = tensor.detach().to(wished);
        if (tensor.requiresGrad) moved.requiresGrad_();
        tensor.assign(moved);
      }
    });
    return this;
  }

  /** Frees every parameter and buffer. */
  dispose(): void {
    for (const tensor of [...this.parameters(), ...this.buffers()]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A module of one tensor in, one tensor out: what Sequential chains. */
export abstract class Layer extends Module {
  abstract forward(input: Tensor): Tensor;
}
