import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type ArrayValue,
  FormatError,
  readSafetensors,
  removeStaleTemporaries,
  viewTyped,
  writeSafetensors,
} from "@gantry/formats";
import type { DataContext } from "../../../core/data/context.js";
import { Moments } from "../moments.js";

const place = (key: string, context: DataContext): string =>
  join(context.home, "cache", "statistics", `${key}.safetensors`);

const toArray = (values: Float64Array, shape: number[]): ArrayValue => ({
  dtype: "float64",
  shape,
  data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

const checksum = (count: number, mean: Float64Array, scatter: Float64Array): string =>
  createHash("sha256").update(`${count}`).update(mean).update(scatter).digest("hex");

/** The moments kept under `key`; undefined where there are none, and, with a notice, where they are damaged. */
export async function loadStatistics(key: string, context: DataContext): Promise<Moments | undefined> {
  const file = place(key, context);
  try {
    const { arrays, metadata } = await readSafetensors(file);
    const [mean, scatter] = ["mean", "scatter"].map((name) => {
      const array = arrays.get(name);
      return array?.dtype === "float64" ? (viewTyped(array) as Float64Array) : new Float64Array();
    }) as [Float64Array, Float64Array];
    const count = Number(metadata.count);
    if (checksum(count, mean, scatter) !== metadata.sha256)
      throw new FormatError("its checksum is wrong", { file });
    return Moments.from(count, mean, scatter);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const missing = error.cause instanceof Error && "code" in error.cause && error.cause.code === "ENOENT";
    if (!missing) context.onNotice(`${error.message}; computing the statistics again`);
    return undefined;
  }
}

/** Keeps moments under `key`. Where that fails there is a notice, and no more: they can be computed again. */
export async function saveStatistics(key: string, moments: Moments, context: DataContext): Promise<void> {
  const { count, mean, scatter, dimension } = moments;
  try {
    const file = place(key, context);
    await mkdir(dirname(file), { recursive: true });
    await removeStaleTemporaries(dirname(file));
    await writeSafetensors(
      file,
      new Map([
        ["mean", toArray(mean, [dimension])],
        ["scatter", toArray(scatter, [dimension, dimension])],
      ]),
      { count: String(count), sha256: checksum(count, mean, scatter) },
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.onNotice(`the statistics could not be kept for the next evaluation: ${reason}`);
  }
}
