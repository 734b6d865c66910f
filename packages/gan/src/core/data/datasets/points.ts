import { open, readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { decodeNpy, FormatError, isNpy, toFloat32 } from "@gantry/formats";
import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { MemoryDataset } from "../dataset.js";
import { defineDataset, type Recognition } from "../registry.js";

/** Numbers of a point. */
const DIMENSION = 2;
const FIELDS = /[\s,;]+/;

export default defineDataset({
  name: "points",
  summary: "2-D points of your own by path: .csv (x,y a line) or .npy (N x 2)",
  options: z.strictObject({
    path: z.string().min(1).describe("the file"),
    limit: z.int().min(1).optional().describe("use only the first so many"),
  }),
  recognise,
  open: async ({ path, limit = Number.POSITIVE_INFINITY }, context) => {
    const file = resolve(context.cwd, path);
    const bytes = await readFile(file);
    const values = isNpy(bytes) ? fromNpy(bytes, file) : fromText(bytes.toString("utf8"), file);
    if (values.length === 0) throw new UsageError(`${file} holds no points`);
    const length = Math.min(values.length, DIMENSION * limit);
    const data = new Float32Array(new SharedArrayBuffer(4 * length));
    data.set(values.slice(0, length));
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new UsageError(`${file}: point ${Math.floor(bad / DIMENSION)} (from 0) is not finite`);
    const items = { data, record: DIMENSION, parts: 1, table: undefined };
    return new MemoryDataset({ name: basename(file), kind: "points", shape: [DIMENSION], items });
  },
});

/** @throws UsageError for an array of another shape, FormatError for a damaged file */
function fromNpy(bytes: Uint8Array, file: string): Float32Array {
  const array = decodeNpy(bytes, file);
  const { shape } = array;
  if (shape.length !== 2 || shape[1] !== DIMENSION)
    throw new UsageError(`${file}: points are an array of N x ${DIMENSION}, not ${shape.join(" x ")}`);
  return toFloat32(array);
}

/** Two numbers a line; a first line of words names the columns. */
function fromText(text: string, file: string): number[] {
  const values: number[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const fields = line
      .trim()
      .split(FIELDS)
      .filter((field) => field !== "");
    if (fields.length === 0 || line.trim().startsWith("#")) continue;
    const numbers = fields.map(Number);
    if (numbers.length === DIMENSION && numbers.every((value) => !Number.isNaN(value)))
      values.push(...numbers);
    else if (values.length > 0 || index > 0 || numbers.some((value) => !Number.isNaN(value)))
      throw new FormatError(`line ${index + 1} is not two numbers: '${line.slice(0, 60)}'`, {
        file,
        hint: "a point a line, as 0.5,-1.25",
      });
  }
  return values;
}

async function recognise(path: string): Promise<Recognition> {
  const ending = extname(path).toLowerCase();
  if (ending === ".csv" || ending === ".tsv") return "exactly";
  if (ending !== ".npy") return undefined;
  const start = new Uint8Array(8);
  const handle = await open(path, "r");
  await handle.read(start, 0, start.length, 0).finally(() => handle.close());
  return isNpy(start) ? "exactly" : undefined;
}
