/**
 * A source of choices: the same seed gives the same everywhere (mulberry32). It is the `Random` of torch's tests again, which no
 * package can import (nothing of testing/ is shipped); @gantry/gan's own Random draws other numbers, and what seeds of fuzz.json
 * and of bug reports stand for would be lost.
 */
export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer in [0, below). */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }
}

/** What numbers in headers break by. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** What values in JSON break by. */
const VALUES = [
  "null",
  "-1",
  "1e999",
  "0.5",
  '""',
  "[]",
  "{}",
  "true",
  '"\\u001b[31m"',
  "9007199254740993",
  `${"[".repeat(3000)}${"]".repeat(3000)}`,
  `"${"x".repeat(5000)}"`,
];

/** One damage of bytes, or a few: flipped, cut, repeated, set to extremes, taken from another file. */
export function damage(bytes: Uint8Array, other: Uint8Array, choices: Choices): Buffer {
  let damaged = Buffer.from(bytes);
  for (let i = 1 + choices.int(3); i > 0; i--) damaged = once(damaged, other, choices);
  return damaged;
}

function once(bytes: Buffer, other: Uint8Array, choices: Choices): Buffer<ArrayBuffer> {
  const { length } = bytes;
  // Headers come first, and directories of archives last.
  const near = choices.int(3);
  const span = Math.min(length, 256);
  const at =
    near === 0 ? choices.int(span) : near === 1 ? length - 1 - choices.int(span) : choices.int(length);
  const place = Math.max(0, at);
  const copy = Buffer.from(bytes);
  switch (choices.int(8)) {
    case 0:
      return copy.subarray(0, place) as Buffer<ArrayBuffer>;
    case 1: {
      const piece = other.subarray(choices.int(other.length), other.length).subarray(0, choices.int(400));
      return Buffer.concat([copy.subarray(0, place), piece, copy.subarray(place)]);
    }
    case 2: {
      const again = copy.subarray(place, place + choices.int(64));
      return Buffer.concat([
        copy.subarray(0, place),
        ...Array(1 + choices.int(20)).fill(again),
        copy.subarray(place),
      ]);
    }
    case 3:
      return Buffer.concat([copy.subarray(0, place), copy.subarray(place + choices.int(64))]);
    case 4:
    case 5: {
      const size = choices.pick([1, 2, 4]);
      if (place + size > length) return copy;
      const value = choices.pick(EXTREMES) % 2 ** (8 * size);
      if (choices.int(2) === 0) copy.writeUIntLE(value, place, size);
      else copy.writeUIntBE(value, place, size);
      return copy;
    }
    default:
      if (length > 0) copy[place] = (copy[place] as number) ^ (1 + choices.int(255));
      return copy;
  }
}

/** JSON text with a value or a key changed, or damaged like any bytes. */
export function damageJson(text: string, other: Uint8Array, choices: Choices): Buffer {
  if (choices.int(4) === 0) return damage(Buffer.from(text), other, choices);
  const values = [
    ...text.matchAll(/(?<=[:[,]\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null)(?=\s*[,}\]])/g),
  ];
  const chosen = choices.pick(values);
  if (chosen === undefined) return damage(Buffer.from(text), other, choices);
  const { 0: value, index } = chosen;
  return Buffer.from(text.slice(0, index) + choices.pick(VALUES) + text.slice(index + value.length));
}
