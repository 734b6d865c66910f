import { FormatError } from "./errors.js";

/** One file inside a tar archive. */
export interface TarEntry {
  /** Path inside the archive, as written there: not safe to use as a path on disk without checking. */
  readonly name: string;
  /** The file's bytes: a view of the archive, not a copy. */
  readonly data: Uint8Array;
}

const BLOCK = 512;

/**
 * The regular files of an uncompressed tar archive (POSIX ustar and its GNU cousin), in order. Folders, links and
 * extension records are passed over, so long names (over 255 bytes) come out shortened.
 *
 * @throws {FormatError} a header whose checksum is wrong, or an archive that is cut short.
 */
export function* readTar(bytes: Uint8Array, options: { readonly file?: string } = {}): Generator<TarEntry> {
  const { file } = options;
  let at = 0;
  while (at + BLOCK <= bytes.length) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    if (octal(header, 148, 8) !== checksum(header)) {
      throw new FormatError(`is not a tar archive, or is damaged (at byte ${at})`, { file });
    }
    const size = octal(header, 124, 12);
    const start = at + BLOCK;
    if (!Number.isSafeInteger(size) || start + size > bytes.length) break;
    const type = String.fromCharCode(header[156]!);
    if (type === "0" || type === "\0") {
      const prefix = text(header, 257, 6) === "ustar" ? text(header, 345, 155) : "";
      const name = text(header, 0, 100);
      yield { name: prefix === "" ? name : `${prefix}/${name}`, data: bytes.subarray(start, start + size) };
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new FormatError("is a tar archive that is cut short", { file });
}

function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

// Source: POSIX.1 ustar: the sum of the header's bytes, its own field counted as eight spaces.
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}
