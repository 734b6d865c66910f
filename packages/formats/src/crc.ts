/** Castagnoli's polynomial, its bits in the order of a byte's. */
const REFLECTED = 0x82f63b78;

/** Eight tables of 256: `tables[256 * k + b]` is byte `b` followed by `k` zero bytes. */
const TABLES = makeTables();

function makeTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ REFLECTED : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const shorter = tables[i - 256] as number;
    tables[i] = (tables[shorter & 0xff] as number) ^ (shorter >>> 8);
  }
  return tables;
}

/**
 * CRC-32C of TFRecord and iSCSI (RFC 3720, polynomial 0x1edc6f41): reflected, from all ones, inverted at the end.
 * Slicing by eight (Kounavis and Berry, 2008): eight bytes a turn, about five times the speed of one.
 */
export function crc32c(bytes: Uint8Array): number {
  const t = TABLES as { readonly [index: number]: number };
  const b = bytes as { readonly [index: number]: number };
  const length = bytes.length;
  let crc = ~0;
  let i = 0;
  for (const end = length - 7; i < end; i += 8) {
    crc ^= at(b, i) | (at(b, i + 1) << 8) | (at(b, i + 2) << 16) | (at(b, i + 3) << 24);
    crc =
      at(t, 1792 + (crc & 0xff)) ^
      at(t, 1536 + ((crc >>> 8) & 0xff)) ^
      at(t, 1280 + ((crc >>> 16) & 0xff)) ^
      at(t, 1024 + (crc >>> 24)) ^
      at(t, 768 + at(b, i + 4)) ^
      at(t, 512 + at(b, i + 5)) ^
      at(t, 256 + at(b, i + 6)) ^
      at(t, at(b, i + 7));
  }
  for (; i < length; i++) crc = at(t, (crc ^ at(b, i)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** An element known to be inside: every index above is masked or compared with the length. */
function at(array: { readonly [index: number]: number }, index: number): number {
  return array[index] as number;
}
