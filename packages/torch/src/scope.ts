import { native } from "./native.js";
import { endScope, keep, runIn, runScope } from "./runtime.js";
import { Tensor } from "./tensor.js";

export { keep };

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/**
 * Runs `body` and frees every tensor made in it, except those it returns (alone, or inside arrays, Maps, Sets and plain
 * objects) and those it keeps with keep(). Scopes nest; what an inner scope returns belongs to the outer one.
 * @throws TypeError when `body` returns a promise: a scope ends when its function returns
 * @example
 * const mean = scope(() => torch.randn([1000, 1000]).square().mean().item()); // the matrices are freed here
 */
export function scope<T>(body: () => T): T {
  return runScope(body, isTensor);
}

/** A scope that is entered several times, between which others may be awaited: its tensors live until it is closed. */
export class OpenScope {
  readonly #mine: Tensor[] = [];

  /**
   * Runs `body` in it.
   * @throws TypeError when that returns a promise
   */
  run<T>(body: () => T): T {
    return runIn(this.#mine, body);
  }

  /** Frees what was made in it, except what is kept. */
  close(): void {
    endScope(this.#mine);
  }
}

/** Native memory reachable from JavaScript: how many tensors, and the bytes of their distinct storages. */
export function liveTensors(): { count: number; bytes: number } {
  return { count: native.liveCount(), bytes: native.liveBytes() };
}
