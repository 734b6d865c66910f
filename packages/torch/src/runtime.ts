// Between the generated operators and the native table: handles in, tensors out, and who owns what.
//
// A tensor made inside scope() belongs to that scope and is freed when it ends. One made outside any scope, or
// returned from the outermost, is freed by hand or, as a safety net, when the collector finds it lost (native/bindings/collector.cc).
import { setTimeout } from "node:timers";
import { native } from "./native.js";
// biome-ignore lint/suspicious/noImportCycles: a type; operators are methods of tensors, which are made here
import type { Tensor } from "./tensor.js";

const MISSING = 0xffffffff;

/** By the numbers that the native part gave them. */
const operatorNames: string[] = [];

export const operatorName = (operator: number): string => operatorNames[operator] ?? "unknown operator";

/** Resolves an operator once; one that this LibTorch lacks fails when it is called, not when Gantry loads. */
export function resolve(name: string, overload: string): number {
  try {
    const operator = native.resolve(name, overload);
    operatorNames[operator] = overload === "" ? name : `${name}.${overload}`;
    return operator;
  } catch {
    return MISSING;
  }
}

/** Calls an operator. A profile (profile.ts) puts its own in this place, so that nothing is in the way without one. */
export let call = native.call;

export function setCall(replacement: typeof native.call): void {
  call = replacement;
}

let construct: (handle: number) => Tensor;

/** Called once by tensor.ts: the class cannot be imported here without a cycle at load time. */
export function setConstructor(make: (handle: number) => Tensor): void {
  construct = make;
}

const registry = new FinalizationRegistry<number>((handle) => {
  native.free(handle, true);
  rest();
});

/** The tensors of the innermost scope, or undefined outside every scope. */
let current: Tensor[] | undefined;

/** The collector frees it, if it is lost. */
function watch(tensor: Tensor): void {
  registry.register(tensor, tensor.handle, tensor);
  native.watch(tensor.handle, tensor, current === undefined);
}

/** Takes ownership of a native handle. */
export function wrap(handle: unknown): Tensor {
  const tensor = construct(handle as number);
  if (current === undefined) watch(tensor);
  else current.push(tensor);
  return tensor;
}

export function wrapAll(list: unknown): Tensor[] {
  return (list as (number | null)[]).map((handle) => (handle === null ? wrap(0) : wrap(handle)));
}

export function handles(tensors: readonly Tensor[]): number[] {
  const list = new Array<number>(tensors.length);
  for (let i = 0; i < tensors.length; i++) list[i] = (tensors[i] as Tensor).handle;
  return list;
}

/** As handles(), for a list in which some tensors may be missing. */
export function optionalHandles(tensors: readonly (Tensor | null)[]): (number | null)[] {
  const list: (number | null)[] = [];
  for (const tensor of tensors) list.push(tensor === null ? null : tensor.handle);
  return list;
}

/** Frees the native memory now. Freeing twice is harmless. */
export function release(tensor: Tensor): void {
  if (tensor.handle === 0) return;
  native.free(tensor.handle, current === undefined);
  if (current === undefined) rest();
  registry.unregister(tensor);
  tensor.handle = 0;
}

let resting = false;

/** When JavaScript is at rest, memory that is kept for the next tensors is given back. */
function rest(): void {
  if (resting) return;
  resting = true;
  setTimeout(() => {
    resting = false;
    if (native.rest()) rest();
  }, IDLE).unref();
}

/** Milliseconds; as long as the native part waits. */
const IDLE = 1000;

const kept = new WeakSet<Tensor>();

/**
 * Takes a tensor out of the scope it was made in: it lives until it is disposed of or lost to the collector.
 * Parameters, buffers and optimizer state are kept.
 * @returns the same tensor
 */
export function keep<T extends Tensor>(tensor: T): T {
  if (kept.has(tensor)) return tensor;
  kept.add(tensor);
  if (current !== undefined) watch(tensor);
  return tensor;
}

/** Frees a tensor of the innermost scope before that ends, unless it is kept. What belongs to no scope is left alone. */
export function discard(tensor: Tensor): void {
  if (current !== undefined && !kept.has(tensor)) release(tensor);
}

/** After a kept tensor's handle changes, the safety net must watch the new one. */
export function rewatch(tensor: Tensor): void {
  registry.unregister(tensor);
  if (kept.has(tensor) || current === undefined) watch(tensor);
  else native.watch(tensor.handle, undefined, false);
}

function collect(
  value: unknown,
  isTensor: (v: unknown) => v is Tensor,
  into: Set<Tensor>,
  seen: Set<object>,
): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  if (isTensor(value)) {
    into.add(value);
    return;
  }
  if (ArrayBuffer.isView(value)) return;
  seen.add(value);
  if (Array.isArray(value) || value instanceof Set) {
    for (const element of value) collect(element, isTensor, into, seen);
  } else if (value instanceof Map) {
    for (const element of value.values()) collect(element, isTensor, into, seen);
  } else {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return;
    for (const element of Object.values(value)) collect(element, isTensor, into, seen);
  }
}

/** See scope() in scope.ts, which this serves. */
export function runScope<T>(body: () => T, isTensor: (v: unknown) => v is Tensor): T {
  const mine: Tensor[] = [];
  const escaped = new Set<Tensor>();
  try {
    const result = runIn(mine, body);
    collect(result, isTensor, escaped, new Set());
    return result;
  } finally {
    endScope(mine, escaped);
  }
}

/** Runs `body`, whose tensors join `mine`. */
export function runIn<T>(mine: Tensor[], body: () => T): T {
  const parent = current;
  current = mine;
  try {
    const result = body();
    if (result instanceof Promise)
      throw new TypeError("scope() takes a function that returns at once, not a promise");
    return result;
  } finally {
    current = parent;
  }
}

/** Frees tensors of a scope, but for those that are kept, and those that escape into the one around it. */
export function endScope(mine: Tensor[], escaped: ReadonlySet<Tensor> = new Set()): void {
  const dead: number[] = [];
  for (const tensor of mine.splice(0)) {
    if (tensor.handle === 0 || kept.has(tensor)) continue;
    if (escaped.has(tensor)) {
      if (current === undefined) watch(tensor);
      else current.push(tensor);
    } else {
      dead.push(tensor.handle);
      tensor.handle = 0;
    }
  }
  native.free(dead, current === undefined);
  if (current === undefined) rest();
}
