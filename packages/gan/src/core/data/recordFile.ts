import { closeSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { FormatError } from "@gantry/formats";

/** Records of bytes, all of one length, one after the other in a file: more than memory holds. Threads can share it. */
export interface RecordFile {
  readonly path: string;
  /** CRC-32 of every record, over a SharedArrayBuffer: as many as there are records. */
  readonly checks: Uint32Array;
}

export const isRecordFile = (data: object): data is RecordFile => !ArrayBuffer.isView(data);

/** Files that this thread has open; they stay so until it ends, also when they are deleted. */
const opened = new WeakMap<RecordFile, number>();

const closing = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

function descriptorOf(file: RecordFile): number {
  const known = opened.get(file);
  if (known !== undefined) return known;
  const descriptor = openSync(file.path, "r");
  opened.set(file, descriptor);
  closing.register(file, descriptor);
  return descriptor;
}

/**
 * Reads one record into `out` at `to`.
 * @throws {FormatError} it is not as it was written
 */
export function readRecord(
  file: RecordFile,
  number: number,
  length: number,
  out: Uint8Array,
  to: number,
): void {
  const descriptor = descriptorOf(file);
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, out, to + done, length - done, number * length + done);
    if (read === 0) throw damaged(file);
    done += read;
  }
  if (crc32(out.subarray(to, to + length)) !== file.checks[number]) throw damaged(file);
}

const damaged = (file: RecordFile): FormatError =>
  new FormatError("is damaged", {
    file: file.path,
    hint: "delete its folder, and the images are decoded again",
  });

/** Bytes of a file that are in memory at a time. */
const BLOCK = 1 << 23;

/** Hands over all bytes of the file in order, block by block, in memory that is used again. */
export function eachBlock(file: RecordFile, take: (block: Uint8Array) => void): void {
  const descriptor = descriptorOf(file);
  const block = new Uint8Array(BLOCK);
  for (let position = 0; ; ) {
    const read = readSync(descriptor, block, 0, BLOCK, position);
    if (read === 0) return;
    take(block.subarray(0, read));
    position += read;
  }
}
