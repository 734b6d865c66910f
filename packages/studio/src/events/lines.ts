import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { within } from "../within.js";

/** Bytes read at once, some milliseconds' work: between two such the server answers others. */
const CHUNK = 2 ** 17;
/** No line of Gantry's is as long: one that is, is left out. */
const LONGEST = 2 ** 24;

/**
 * Reads a file that grows, line by line and each byte once. A file that was replaced or cut short is read from its beginning.
 */
export class GrowingLines {
  readonly #file: string;
  readonly #take: (line: Buffer) => void;
  readonly #reset: () => void;
  /** What there is of a line whose end is not written yet. */
  #rest: Buffer = Buffer.alloc(0);
  #identity = "";
  #skipping = false;
  #reading: Promise<void> | undefined;
  offset = 0;
  size = 0;

  /**
   * @param take called with each whole line, without its end
   * @param reset called before what was taken is taken again
   */
  constructor(file: string, take: (line: Buffer) => void, reset: () => void) {
    this.#file = file;
    this.#take = take;
    this.#reset = reset;
  }

  /**
   * Reads what is new.
   * @param patience milliseconds after which the rest is read in the background
   * @returns whether everything has been read
   */
  async read(patience = Number.POSITIVE_INFINITY): Promise<boolean> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
    });
    await within(this.#reading, patience);
    return this.#reading === undefined;
  }

  async #readOn(): Promise<void> {
    const handle = await open(this.#file, "r").catch(() => undefined);
    if (handle === undefined) return;
    try {
      const { size, ino, dev } = await handle.stat();
      const identity = `${dev}:${ino}`;
      if (size < this.offset || (this.#identity !== "" && this.#identity !== identity)) this.#begin();
      this.#identity = identity;
      this.size = size;
      const chunk = Buffer.allocUnsafe(CHUNK);
      while (this.offset < size) {
        const { bytesRead } = await handle.read(chunk, 0, CHUNK, this.offset);
        if (bytesRead === 0) break;
        this.offset += bytesRead;
        this.#split(chunk.subarray(0, bytesRead));
        await setImmediate();
      }
    } catch {
      // Removed under us, or not to be read now: the next look tells.
    } finally {
      await handle.close().catch(() => {});
    }
  }

  #begin(): void {
    this.offset = 0;
    this.#rest = Buffer.alloc(0);
    this.#skipping = false;
    this.#reset();
  }

  #split(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const part = chunk.subarray(from, end);
      if (!this.#skipping) this.#take(this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]));
      this.#skipping = false;
      this.#rest = Buffer.alloc(0);
      from = end + 1;
    }
    if (this.#rest.length > LONGEST) this.#skipping = true;
    // A copy: the chunk is read into again.
    this.#rest = this.#skipping ? Buffer.alloc(0) : Buffer.concat([this.#rest, chunk.subarray(from)]);
  }
}

/** Bytes from which a file is worth a glimpse: a shorter one is read as soon. */
const LONG = 2 ** 22;
/** Pieces of a file that a glimpse looks at, of so many bytes, so many at a time. */
const PIECES = 128;
const PIECE = 2 ** 12;
const BESIDE = 16;

/**
 * Looks into a file at places evenly from its beginning to its end, the lines that are whole there in order.
 * @returns the file's size; 0 for one that is not there, or so short that it is as well read
 */
export async function glimpse(file: string, take: (line: Buffer) => void): Promise<number> {
  const handle = await open(file, "r").catch(() => undefined);
  if (handle === undefined) return 0;
  try {
    const { size } = await handle.stat();
    if (size < LONG) return 0;
    const places = Array.from({ length: PIECES }, (_, i) => Math.floor((i * (size - PIECE)) / (PIECES - 1)));
    for (let i = 0; i < PIECES; i += BESIDE) {
      const reads = places.slice(i, i + BESIDE).map((at) => handle.read(Buffer.alloc(PIECE), 0, PIECE, at));
      for (const { buffer, bytesRead } of await Promise.all(reads))
        takeWhole(buffer.subarray(0, bytesRead), take);
    }
    return size;
  } catch {
    return 0;
  } finally {
    await handle.close().catch(() => {});
  }
}

/** The lines between the first and the last end of one: what is before and behind may be cut. */
function takeWhole(piece: Buffer, take: (line: Buffer) => void): void {
  let from = piece.indexOf(10) + 1;
  for (let end = piece.indexOf(10, from); end !== -1; end = piece.indexOf(10, from)) {
    take(piece.subarray(from, end));
    from = end + 1;
  }
}
