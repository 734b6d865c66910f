import { native } from "../native.js";
import { keep, rewatch } from "../runtime.js";
import { Tensor } from "../tensor.js";

/** A tensor that an optimizer changes. It lives until it is disposed of: scopes leave it alone. Made by parameter(). */
export class Parameter extends Tensor {
  readonly role = "parameter" as const;
}

/** A tensor that a module carries and saves but no optimizer changes, as running statistics. Made by buffer(). */
export class Buffer extends Tensor {
  readonly role = "buffer" as const;
}

function own<T extends Tensor>(kind: new (handle: number) => T, source: Tensor): T {
  const detached = source.detach();
  const owned = new kind(native.alias(detached.handle));
  detached.dispose();
  keep(owned);
  rewatch(owned);
  return owned;
}

/**
 * A parameter holding `source`'s values (and sharing its memory), a leaf of its own graph.
 * @param requiresGrad default true
 * @throws TorchError for integer tensors
 */
export function parameter(source: Tensor, requiresGrad = true): Parameter {
  const made = own(Parameter, source);
  return requiresGrad ? made.requiresGrad_() : made;
}

/** A buffer holding `source`'s values (and sharing its memory), without a graph. */
export function buffer(source: Tensor): Buffer {
  return own(Buffer, source);
}
