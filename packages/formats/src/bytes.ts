/**
 * These bytes as a plain Uint8Array, sharing memory. A Buffer must not leave this package as one: its `slice` shares
 * memory where Uint8Array's copies.
 */
export function plainBytes<Memory extends ArrayBufferLike>(bytes: Uint8Array<Memory>): Uint8Array<Memory> {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** All pieces one after the other, in new memory. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  return plainBytes(Buffer.concat(pieces));
}
