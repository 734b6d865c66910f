import type { FileHandle } from "node:fs/promises";
import { FormatError } from "./errors.js";
import { readInto } from "./files.js";

/** One key of an LMDB file and where its value lies in that file. */
export interface LmdbEntry {
  readonly key: Uint8Array;
  readonly offset: number;
  readonly size: number;
}

// Source: lmdb.h and the structures MDB_page, MDB_node, MDB_db and MDB_meta of LMDB 0.9 (data version 1), on machines of
// 64 bits and little-endian order, which is what LSUN's files are.
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 1;
const PAGE_HEADER = 16;
const BRANCH = 0x01;
const LEAF = 0x02;
const BIG_VALUE = 0x01;
const OTHER_VALUES = 0x02 | 0x04;
/** A B+tree of more levels is a circle: with two keys a page, so many levels are more than all disks hold. */
const MOST_LEVELS = 64;

/**
 * The entries of the main database of an LMDB file (`data.mdb`), in the order of their keys, as the last whole transaction
 * left them. Read-only, with no lock: nobody may be writing.
 *
 * @throws {FormatError} not such a file, damage, or several values a key.
 */
export async function* listLmdb(handle: FileHandle, size: number, file: string): AsyncGenerator<LmdbEntry> {
  const damaged = (what: string): FormatError =>
    new FormatError(`is not a sound LMDB file (${what})`, { file, hint: "get it again" });
  const start = await page(0, 4096);
  if (start.length < 200 || start.readUInt32LE(PAGE_HEADER) !== MAGIC)
    throw new FormatError("is not an LMDB file", { file });
  if (start.readUInt32LE(PAGE_HEADER + 4) !== DATA_VERSION) throw damaged("its version is not 1");
  const pageSize = start.readUInt32LE(PAGE_HEADER + 24);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) throw damaged("its page size");

  // The two first pages are written in turns: the one of the later transaction counts.
  const metas = [start, await page(1, pageSize)].filter(
    (meta) => meta.length >= 200 && meta.readUInt32LE(PAGE_HEADER) === MAGIC,
  );
  const transaction = (meta: Buffer) => meta.readBigUInt64LE(PAGE_HEADER + 128);
  const [meta] = metas.sort((a, b) => (transaction(a) > transaction(b) ? -1 : 1));
  const root = meta!.readBigUInt64LE(PAGE_HEADER + 24 + 48 + 40);
  if (root === 2n ** 64n - 1n) return;
  yield* entries(Number(root), 1);

  async function page(number: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, await readInto(handle, bytes, number * length));
  }

  async function* entries(number: number, level: number): AsyncGenerator<LmdbEntry> {
    const here = await page(number, pageSize);
    if (here.length < pageSize || level > MOST_LEVELS) throw damaged(`page ${number}`);
    const flags = here.readUInt16LE(10);
    if ((flags & (BRANCH | LEAF)) === 0) throw damaged(`page ${number}`);
    const lower = here.readUInt16LE(12);
    if (lower < PAGE_HEADER || lower > pageSize) throw damaged(`page ${number}`);
    for (let pointer = PAGE_HEADER; pointer < lower; pointer += 2) {
      const at = here.readUInt16LE(pointer);
      if (at + 8 > pageSize) throw damaged(`page ${number}`);
      const low = here.readUInt16LE(at) + here.readUInt16LE(at + 2) * 65536;
      const extra = here.readUInt16LE(at + 4);
      const key = at + 8;
      const value = key + here.readUInt16LE(at + 6);
      if (value > pageSize) throw damaged(`page ${number}`);
      if ((flags & BRANCH) !== 0) {
        yield* entries(low + extra * 2 ** 32, level + 1);
        continue;
      }
      if ((extra & OTHER_VALUES) !== 0) throw damaged("it holds several values a key");
      let offset = number * pageSize + value;
      if ((extra & BIG_VALUE) !== 0) {
        if (value + 8 > pageSize) throw damaged(`page ${number}`);
        offset = Number(here.readBigUInt64LE(value)) * pageSize + PAGE_HEADER;
      }
      if (offset + low > size) throw damaged(`page ${number} points beyond its end`);
      yield { key: here.subarray(key, value), offset, size: low };
    }
  }
}
