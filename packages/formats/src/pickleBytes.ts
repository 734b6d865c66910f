import { amount } from "./amount.js";
import { plainBytes } from "./bytes.js";

/** Thrown by a host for what it does not take; becomes a FormatError that says where. */
export class PickleProblem extends Error {}

/** A dictionary's pickle is a few kilobytes for a network of millions of parameters. */
export const MOST_PICKLE_BYTES = 256 * 1024 * 1024;

/** About what the parts of a value take in memory, in bytes: one opcode of one byte can make hundreds. */
export const COST = {
  place: 8,
  number: 24,
  mark: 16,
  memo: 48,
  array: 48,
  pair: 48,
  table: 240,
  object: 160,
} as const;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of a pickle, one part after the other. Throws `PickleProblem` where they end too early. */
export class PickleBytes {
  position = 0;
  readonly view: DataView;
  readonly #bytes: Uint8Array;
  readonly #spend: (bytes: number) => void;

  /** @param spend is told of the memory that a part takes, before it is taken */
  constructor(bytes: Uint8Array, spend: (bytes: number) => void) {
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#spend = spend;
  }

  /** Passes `count` bytes of the stream and returns where they begin. */
  skip(count: number): number {
    const start = this.position;
    if (count > this.#bytes.length - start) throw new PickleProblem("it is cut off");
    this.position += count;
    return start;
  }

  byte(): number {
    return this.view.getUint8(this.skip(1));
  }

  length32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  length64(): number {
    const length = this.view.getBigUint64(this.skip(8), true);
    if (length > MOST_PICKLE_BYTES) throw new PickleProblem(`a length of ${length} is absurd`);
    return Number(length);
  }

  slice(length: number): Uint8Array {
    const start = this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  copy(length: number): Uint8Array {
    const bytes = this.slice(length);
    this.#spend(COST.object + length);
    return new Uint8Array(plainBytes(bytes));
  }

  text(length: number): string {
    const bytes = this.slice(length);
    this.#spend(COST.number + 2 * length);
    try {
      return UTF8.decode(bytes);
    } catch (cause) {
      throw new PickleProblem("text is not UTF-8", { cause });
    }
  }

  /** Two's complement of any length, little-endian. */
  long(length: number): number | bigint {
    if (length > 1024) throw new PickleProblem(`an integer of ${amount(length, "bytes")} is absurd`);
    this.#spend(COST.number + length);
    const bytes = this.slice(length);
    const hex = Buffer.from(bytes.toReversed()).toString("hex");
    const value = BigInt.asIntN(8 * length, BigInt(`0x0${hex}`));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0 || end - this.position > 1000) throw new PickleProblem("a name does not end");
    const line = this.text(end - this.position);
    this.position++;
    return line;
  }

  /** Digits in a line, with an L behind them or not; `01` and `00` are true and false. */
  number(): number | bigint | boolean {
    const text = this.line();
    if (text === "01" || text === "00") return text === "01";
    if (!/^-?\d{1,900}L?$/.test(text)) throw new PickleProblem("an integer is none");
    const value = BigInt(text.replace("L", ""));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}
