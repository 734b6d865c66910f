import { createHash } from "node:crypto";
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describeSystemError } from "@gantry/formats";
import { z } from "zod";
import { RunError } from "../../../core/base/errors.js";
import type { Table } from "../table.js";

const record = z.strictObject({ chunk: z.int().min(0), sha256: z.string() });

/**
 * A table on the disk that is filled chunk by chunk, in any order, over several runs: `<name>.f32` holds the rows, and
 * `<name>.jsonl` one line a finished chunk with the checksum of its bytes. What no line vouches for is not there: an
 * interrupted run goes on after its last chunk, and a chunk that was damaged is asked for again.
 */
export class TableStore implements Table {
  readonly rows: number;
  readonly columns: number;
  /** Chunks whose bytes were not what their checksums say, when the store was opened. */
  readonly damaged: readonly number[];
  readonly #chunkRows: number;
  readonly #data: string;
  readonly #log: string;
  readonly #file: number;
  readonly #finished = new Set<number>();

  /**
   * Opens a table in `folder`, or begins it. Every finished chunk is read and checked.
   * @throws {RunError} a folder that cannot be written
   */
  constructor(folder: string, name: string, rows: number, columns: number, chunkRows: number) {
    this.rows = rows;
    this.columns = columns;
    this.#chunkRows = chunkRows;
    this.#data = join(folder, `${name}.f32`);
    this.#log = join(folder, `${name}.jsonl`);
    this.#file = this.#guard(() => {
      mkdirSync(folder, { recursive: true });
      // Created if it is not there; never cut.
      closeSync(openSync(this.#data, "a"));
      return openSync(this.#data, "r+");
    });
    const damaged: number[] = [];
    for (const [chunk, sum] of this.#recorded()) {
      if (this.#checksum(chunk) === sum) this.#finished.add(chunk);
      else damaged.push(chunk);
    }
    this.damaged = damaged;
  }

  has(chunk: number): boolean {
    return this.#finished.has(chunk);
  }

  /**
   * Keeps the rows of a chunk, all of them.
   * @throws {RunError} a full disk and the like
   */
  write(chunk: number, rows: Float32Array): void {
    const [start, end] = this.#range(chunk);
    if (rows.length !== (end - start) * this.columns)
      throw new RangeError(`chunk ${chunk} has ${end - start} rows of ${this.columns}`);
    const bytes = bytesOf(rows);
    this.#guard(() => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, start * this.columns * 4 + done);
      // A line of its own even after a line that was cut off.
      appendFileSync(this.#log, `\n${JSON.stringify({ chunk, sha256: sha256(bytes) })}\n`);
    });
    this.#finished.add(chunk);
  }

  read(start: number, end: number): Float32Array {
    const rows = new Float32Array((end - start) * this.columns);
    this.#fill(bytesOf(rows), start);
    return rows;
  }

  gather(indices: ArrayLike<number>): Float32Array {
    const rows = new Float32Array(indices.length * this.columns);
    const bytes = bytesOf(rows);
    const row = this.columns * 4;
    for (let i = 0; i < indices.length; i++) this.#fill(bytes.subarray(i * row, (i + 1) * row), indices[i]!);
    return rows;
  }

  close(): void {
    closeSync(this.#file);
  }

  #range(chunk: number): readonly [number, number] {
    return [chunk * this.#chunkRows, Math.min(this.rows, (chunk + 1) * this.#chunkRows)];
  }

  /** The last checksum written down for each chunk. */
  #recorded(): Map<number, string> {
    const found = new Map<number, string>();
    let text = "";
    try {
      text = readFileSync(this.#log, "utf8");
    } catch {
      return found;
    }
    for (const line of text.split("\n")) {
      try {
        const { chunk, sha256: sum } = record.parse(JSON.parse(line));
        if (chunk * this.#chunkRows < this.rows) found.set(chunk, sum);
      } catch {
        // Cut off when a run was killed, or damaged: its chunk is made again.
      }
    }
    return found;
  }

  /** Undefined where the file ends before the chunk does. */
  #checksum(chunk: number): string | undefined {
    const [start, end] = this.#range(chunk);
    try {
      return sha256(bytesOf(this.read(start, end)));
    } catch {
      return undefined;
    }
  }

  #fill(target: Uint8Array, row: number): void {
    for (let done = 0; done < target.length; ) {
      const position = row * this.columns * 4 + done;
      const read = readSync(this.#file, target, done, target.length - done, position);
      if (read === 0) throw new RunError(`${this.#data} ends early`);
      done += read;
    }
  }

  #guard<T>(body: () => T): T {
    try {
      return body();
    } catch (cause) {
      throw new RunError(
        `cannot keep features in ${this.#data}: ${describeSystemError(cause)}; make room, set GANTRY_HOME elsewhere, or evaluate without the cache`,
        { cause },
      );
    }
  }
}

function bytesOf(rows: Float32Array): Uint8Array {
  return new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
