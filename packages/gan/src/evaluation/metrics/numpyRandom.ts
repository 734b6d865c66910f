const WORDS = 624;
const MIDDLE = 397;

/**
 * The part of NumPy's legacy `numpy.random.RandomState` that public metrics draw their subsets and orders with: the same
 * seed gives the same numbers, so that scores can be compared exactly.
 * Source: Matsumoto and Nishimura 1998 (MT19937); NumPy's `_legacy_seeding`, `random_interval` and `shuffle`.
 */
export class NumpyRandomState {
  readonly #key = new Uint32Array(WORDS);
  #position = WORDS;

  /** @param seed 0 to 2^32 - 1. Throws {@link RangeError} for another, as NumPy does. */
  constructor(seed: number) {
    if (!(Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff))
      throw new RangeError(`the seed must be a whole number from 0 to 2^32 - 1, not ${seed}`);
    let word = seed >>> 0;
    for (let i = 0; i < WORDS; i++) {
      this.#key[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
  }

  #refill(): void {
    const key = this.#key;
    const twist = (i: number, next: number, from: number): void => {
      const y = (key[i]! & 0x80000000) | (key[next]! & 0x7fffffff);
      key[i] = key[from]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    };
    for (let i = 0; i < WORDS; i++) twist(i, (i + 1) % WORDS, (i + MIDDLE) % WORDS);
    this.#position = 0;
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.#position === WORDS) this.#refill();
    let y = this.#key[this.#position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** A whole number from 0 to `most`, both included, by rejection. `most` is below 2^32. */
  interval(most: number): number {
    if (most === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(most);
    for (;;) {
      const value = (this.uint32() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  /** Puts `values` in a random order, in place. */
  shuffle(values: Uint32Array): void {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.interval(last);
      const value = values[other]!;
      values[other] = values[last]!;
      values[last] = value;
    }
  }

  /** The numbers 0 to `count - 1` in a random order. */
  permutation(count: number): Uint32Array {
    const values = Uint32Array.from({ length: count }, (_, i) => i);
    this.shuffle(values);
    return values;
  }

  /** `choice(count, size, replace=False)`. Throws {@link RangeError} where `size` is above `count`. */
  choice(count: number, size: number): Uint32Array {
    if (size > count) throw new RangeError(`cannot choose ${size} of ${count} without replacement`);
    return this.permutation(count).slice(0, size);
  }
}
