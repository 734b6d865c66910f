import { native } from "./native.js";
import type { Device } from "./types.js";

const registry = new FinalizationRegistry<number>((handle) => native.freeGenerator(handle));

/** A random number generator: the same seed on the same device gives the same numbers. */
export class RandomGenerator {
  readonly handle: number;
  readonly device: Device;

  /**
   * @param seed 0 to 2^53 - 1; default 0
   * @param device default `cpu`
   */
  constructor(seed: number | bigint = 0, device: Device = "cpu", handle?: number) {
    this.device = device;
    this.handle = handle ?? native.makeGenerator(device);
    registry.register(this, this.handle);
    if (handle === undefined) native.seedGenerator(this.handle, seed);
  }

  manualSeed(seed: number | bigint): this {
    native.seedGenerator(this.handle, seed);
    return this;
  }

  /** The whole state, as bytes; setState() with them continues exactly here. */
  getState(): Uint8Array {
    return native.getGeneratorState(this.handle);
  }

  /** @throws TorchError when the bytes are no state of this kind of generator */
  setState(state: Uint8Array): this {
    native.setGeneratorState(this.handle, state);
    return this;
  }
}

/**
 * The generator that random operators use when none is given.
 * @param device default `cpu`
 */
export function defaultGenerator(device: Device = "cpu"): RandomGenerator {
  return new RandomGenerator(0, device, native.defaultGenerator(device));
}

/** Seeds the default generators of every device present. */
export function manualSeed(seed: number | bigint): void {
  defaultGenerator("cpu").manualSeed(seed);
  for (let i = 0; i < native.deviceCount("cuda"); i++) defaultGenerator(`cuda:${i}`).manualSeed(seed);
}
