/** Everything a {@link Random} is at one moment: plain JSON. */
export interface RandomState {
  /** Four unsigned 32-bit words, not all zero. */
  readonly words: readonly [number, number, number, number];
  /** The second normal number of a pair, not yet handed out. */
  readonly spare: number | null;
}

/**
 * A small seeded generator for the order of data and for points: xoshiro128** 1.1, seeded by splitmix64.
 * The same seed gives the same numbers on every machine. Not for secrets.
 * Source: Blackman and Vigna, prng.di.unimi.it.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  #spare: number | null = null;

  /** @param seed a whole number, at most 2^53 - 1 either way of zero. Throws {@link RangeError} for another. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`the seed must be a whole number, not ${seed}`);
    let x = BigInt.asUintN(64, BigInt(seed));
    const next = (): bigint => {
      x = BigInt.asUintN(64, x + 0x9e3779b97f4a7c15n);
      let z = x;
      z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
      z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
      return z ^ (z >> 31n);
    };
    const [low, high] = [next(), next()];
    // splitmix64 gives 0 for one input only, so the four words cannot all be zero.
    this.#setWords([
      Number(low & 0xffffffffn),
      Number(low >> 32n),
      Number(high & 0xffffffffn),
      Number(high >> 32n),
    ]);
  }

  /** A generator that goes on from a saved state. Throws {@link RangeError} for one that no generator was ever in. */
  static restore(state: RandomState): Random {
    const { words, spare } = state;
    const valid =
      words.length === 4 &&
      words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffffffff) &&
      words.some((word) => word !== 0) &&
      (spare === null || Number.isFinite(spare));
    if (!valid) throw new RangeError("not the state of a random generator");
    const random = new Random(0);
    random.#setWords(words);
    random.#spare = spare;
    return random;
  }

  state(): RandomState {
    return { words: [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0], spare: this.#spare };
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const fives = Math.imul(this.#b, 5);
    const result = Math.imul((fives << 7) | (fives >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** A whole number from 0 to `bound - 1`, all equally likely. Throws {@link RangeError} unless 1 <= bound <= 2^32. */
  integer(bound: number): number {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32)) {
      throw new RangeError(`no whole number is below ${bound}`);
    }
    // Numbers past the last whole multiple of the bound would favour small remainders: draw again.
    for (;;) {
      const drawn = this.uint32();
      const remainder = drawn % bound;
      if (drawn - remainder <= 2 ** 32 - bound) return remainder;
    }
  }

  /** A number in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** A standard normal number, by Box and Muller's method: two at a time, the second kept for the next call. */
  gaussian(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Puts `values` into a random order, all orders equally likely (Fisher and Yates). */
  shuffle(values: Uint32Array): void {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const value = values[last]!;
      values[last] = values[other]!;
      values[other] = value;
    }
  }

  #setWords(words: RandomState["words"]): void {
    [this.#a, this.#b, this.#c, this.#d] = words;
  }
}
