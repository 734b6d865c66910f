import type { FileHandle } from "node:fs/promises";
import { FormatError } from "./errors.js";
import { readInto } from "./files.js";

/** What a tar archive says of one of its members. */
export interface TarMember {
  /** Path inside the archive, as written there: not safe to use as a path on disk without checking. */
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
  /** Where its bytes begin in the file that holds the archive, and how many they are. */
  readonly offset: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly changed: number;
}

const BLOCK = 512;
/** Long names and other extension records: larger ones are damage, and would cost memory. */
const MOST_EXTENSION = 1 << 20;

/**
 * The members of an uncompressed tar archive (POSIX ustar and pax, GNU long names), in order. Only headers are read.
 *
 * @param options.start and `end` where the archive lies in the file: a tar archive may be a member of another
 * @throws {FormatError} a header whose checksum is wrong, or an archive that is cut short.
 */
export async function listTar(
  handle: FileHandle,
  options: { readonly file: string; readonly start?: number; readonly end: number },
): Promise<TarMember[]> {
  const { file, start = 0, end } = options;
  const members: TarMember[] = [];
  const header = new Uint8Array(BLOCK);
  let longName: string | undefined;
  let longSize: number | undefined;
  let at = start;
  while (at + BLOCK <= end && (await readInto(handle, header, at)) === BLOCK) {
    if (header.every((byte) => byte === 0)) return members;
    if (octal(header, 148, 8) !== checksum(header))
      throw new FormatError(`is not a tar archive, or is damaged (at byte ${at})`, { file });
    const type = String.fromCharCode(header[156]!);
    const size = longSize !== undefined && !"xgLK".includes(type) ? longSize : number(header, 124, 12);
    const offset = at + BLOCK;
    if (!Number.isSafeInteger(size) || offset + size > end) break;
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "g" || type === "K") continue;
    if (type === "L" || type === "x") {
      if (size > MOST_EXTENSION) throw new FormatError(`is damaged (at byte ${offset - BLOCK})`, { file });
      const record = new Uint8Array(size);
      await readInto(handle, record, offset);
      if (type === "L") longName = text(record, 0, size);
      else {
        const extended = paxRecords(new TextDecoder().decode(record));
        longName = extended.get("path") ?? longName;
        longSize = extended.has("size") ? Number(extended.get("size")) : longSize;
      }
      continue;
    }
    members.push({
      name: longName ?? shortName(header),
      kind: KINDS[type] ?? "other",
      offset,
      size,
      changed: number(header, 136, 12),
    });
    longName = undefined;
    longSize = undefined;
  }
  throw new FormatError("is a tar archive that is cut short", { file });
}

const KINDS: Readonly<Record<string, TarMember["kind"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "1": "link",
  "2": "link",
  "5": "folder",
};

function shortName(header: Uint8Array): string {
  const prefix = text(header, 257, 6) === "ustar" ? text(header, 345, 155) : "";
  const name = text(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** `LENGTH KEY=VALUE\n`, one after the other; the length counts the whole record, in bytes. */
function paxRecords(all: string): Map<string, string> {
  const records = new Map<string, string>();
  for (const line of all.split("\n")) {
    const [, key, value] = /^\d+ ([^=]+)=(.*)$/s.exec(line) ?? [];
    if (key !== undefined && value !== undefined) records.set(key, value);
  }
  return records;
}

function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** Octal, or for what that cannot hold GNU's binary form, whose first bit is set. */
function number(header: Uint8Array, start: number, length: number): number {
  if ((header[start]! & 0x80) === 0) return octal(header, start, length);
  let value = header[start]! & 0x7f;
  for (let at = start + 1; at < start + length; at++) value = value * 256 + header[at]!;
  return value;
}

// Source: POSIX.1 ustar: the sum of the header's bytes, its own field counted as eight spaces.
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}
