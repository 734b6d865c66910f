/** What the tests of this package share. Not exported from the package. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { type ArrayValue, countElements, type Dtype, ITEM_SIZE } from "../dtype.js";
import { FormatError } from "../errors.js";

/** Path of a golden file, made by golden/make_golden.py. */
export function golden(name: string): string {
  return fileURLToPath(new URL(`../../golden/${name}`, import.meta.url));
}

/** A folder that is removed when the file's tests are over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-formats-"));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** For assert.throws and assert.rejects: a FormatError of one line whose message matches. */
export function formatError(message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FormatError, `not a FormatError: ${String(error)}`);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  };
}

/** Runs `read` on a damaged input: it may find a value or throw a FormatError, and nothing else. */
export async function valueOrFormatError<T>(read: () => T | Promise<T>): Promise<T | FormatError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** Small arrays of any of these element types, any shape, any bits. */
export function arrays(dtypes = Object.keys(ITEM_SIZE) as Dtype[]): fc.Arbitrary<ArrayValue> {
  return fc
    .record({
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    })
    .chain(({ dtype, shape }) => {
      const bytes = (countElements(shape) ?? 0) * ITEM_SIZE[dtype];
      return fc
        .uint8Array({ minLength: bytes, maxLength: bytes })
        .map((data) => ({ dtype, shape: [...shape], data }));
    });
}

/** The arrays in the order of their names, for comparison. */
export function byName(all: ReadonlyMap<string, ArrayValue>): Map<string, ArrayValue> {
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}
