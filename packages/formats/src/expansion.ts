import { FormatError } from "./errors.js";
import type { ZipEntry } from "./zip.js";

/** What numbers are packed to at most: weights hardly at all, zeros of an optimizer a thousandfold. */
const MOST_EXPANSION = 16;
const SPARED_EXPANSION = 256 * 1024 * 1024;

/** What so many bytes may unpack to; never more than 2^31 - 1, which is what one array of bytes holds everywhere. */
export const mostUnpacked = (packed: number): number =>
  Math.min(2 ** 31 - 1, MOST_EXPANSION * packed + SPARED_EXPANSION);

/** Refuses entries of an archive that unpack to far more than it holds. torch.save itself packs nothing. */
export function checkExpansion(file: string, entries: Iterable<ZipEntry>): void {
  let packed = 0;
  let unpacked = 0;
  for (const { size, compressedSize } of entries) {
    packed += compressedSize;
    unpacked += size;
  }
  if (unpacked <= MOST_EXPANSION * packed + SPARED_EXPANSION) return;
  throw new FormatError(`unpacks from ${packed} to ${unpacked} bytes, which no arrays of numbers do`, {
    file,
    hint: "if you trust it, unpack it and pack it again without compression",
  });
}
