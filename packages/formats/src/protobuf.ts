import { concatBytes, plainBytes } from "./bytes.js";

/**
 * The wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding), as far as event files and the
 * like need it: a message is a list of fields, each a number, a wire type and a value.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Bytes that are no message of the expected form. */
export class ProtobufError extends Error {}

function varint(value: number): number[] {
  const out: number[] = [];
  // Not by bit operators, which stop at 32 bits.
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return out;
}

function key(number: number, type: number): number[] {
  return varint(number * 8 + type);
}

/**
 * An int32, int64 or uint64 field; nothing for 0, which proto3 leaves out. Throws RangeError for anything but an integer
 * from 0 to 2^53 - 1.
 */
export function integer(number: number, value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${value} is not a non-negative integer`);
  if (value === 0) return new Uint8Array(0);
  return Uint8Array.from([...key(number, VARINT), ...varint(value)]);
}

/** A double field. */
export function float64(number: number, value: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(8));
  data.setFloat64(0, value, true);
  return concatBytes([Uint8Array.from(key(number, FIXED64)), new Uint8Array(data.buffer)]);
}

/** A float field. */
export function float32(number: number, value: number): Uint8Array {
  const data = new DataView(new ArrayBuffer(4));
  data.setFloat32(0, value, true);
  return concatBytes([Uint8Array.from(key(number, FIXED32)), new Uint8Array(data.buffer)]);
}

/** A bytes field, or a message in a message. */
export function bytes(number: number, value: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.from([...key(number, BYTES), ...varint(value.length)]), value]);
}

/** A string field. */
export function text(number: number, value: string): Uint8Array {
  return bytes(number, Buffer.from(value));
}

/** A field of a message: a varint's value, or the bytes of one of the other wire types. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Uint8Array;
  readonly type: number;
}

/** The fields of a message, in their order. Throws {@link ProtobufError} where there is none. */
export function* fields(message: Uint8Array): Generator<Field> {
  let position = 0;
  const take = (length: number): Uint8Array => {
    if (length > message.length - position) throw new ProtobufError("a field is cut off");
    position += length;
    return plainBytes(message.subarray(position - length, position));
  };
  const takeVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[position++];
      if (byte === undefined) throw new ProtobufError("a number is cut off");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("a number does not end");
  };
  while (position < message.length) {
    const fieldKey = Number(takeVarint());
    const number = Math.floor(fieldKey / 8);
    const type = fieldKey % 8;
    if (type === VARINT) yield { number, type, value: takeVarint() };
    else if (type === FIXED64) yield { number, type, value: take(8) };
    else if (type === FIXED32) yield { number, type, value: take(4) };
    else if (type === BYTES) yield { number, type, value: take(Number(takeVarint())) };
    else throw new ProtobufError(`field ${number} has wire type ${type}`);
  }
}

/** The value of an integer field, signed. */
export function takeInteger({ number, value }: Field): number {
  if (typeof value !== "bigint") throw new ProtobufError(`field ${number} is no integer`);
  return Number(BigInt.asIntN(64, value));
}

export function takeFloat64(field: Field): number {
  return viewOf(field, FIXED64).getFloat64(0, true);
}

export function takeFloat32(field: Field): number {
  return viewOf(field, FIXED32).getFloat32(0, true);
}

export function takeBytes({ number, type, value }: Field): Uint8Array {
  if (type !== BYTES || typeof value === "bigint") throw new ProtobufError(`field ${number} is no bytes`);
  return value;
}

export function takeText(field: Field): string {
  return Buffer.from(takeBytes(field)).toString();
}

function viewOf({ number, type, value }: Field, expected: number): DataView {
  if (type !== expected || typeof value === "bigint") {
    throw new ProtobufError(`field ${number} is no float of its size`);
  }
  return new DataView(value.buffer, value.byteOffset, value.length);
}
