const SIZE = 624;
const SHIFT = 397;

/**
 * LibTorch's generator of the processor: the same numbers for the same seed. Of a seed the low 32 bits count, as there.
 * Source: Matsumoto, Nishimura 1998 (MT19937); pytorch/pytorch, ATen/core/MT19937RNGEngine.h.
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(SIZE);
  #next = SIZE;

  /** @param seed 0 to 2^53 - 1 */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = Number(BigInt(seed) & 0xffff_ffffn);
    for (let i = 1; i < SIZE; i++) {
      const last = state[i - 1]!;
      state[i] = Math.imul(1_812_433_253, last ^ (last >>> 30)) + i;
    }
  }

  /** 32 bits. */
  integer(): number {
    if (this.#next === SIZE) this.#turn();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** [0, 1), of 24 bits: LibTorch's uniform float. */
  float(): number {
    return (this.integer() & 0xff_ffff) / 2 ** 24;
  }

  /** [0, 1), of 53 bits: LibTorch's uniform double. */
  double(): number {
    const high = this.integer();
    const low = this.integer();
    return ((high & 0x1f_ffff) * 2 ** 32 + low) / 2 ** 53;
  }

  #turn(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const bits = (state[i]! & 0x8000_0000) | (state[(i + 1) % SIZE]! & 0x7fff_ffff);
      state[i] = state[(i + SHIFT) % SIZE]! ^ (bits >>> 1) ^ (bits & 1 ? 0x9908_b0df : 0);
    }
    this.#next = 0;
  }
}
