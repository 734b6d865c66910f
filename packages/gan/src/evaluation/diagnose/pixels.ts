import type { Dataset } from "../../core/data/index.js";

/** Items that are read at once. */
const BLOCK = 256;

/** The items at these places, one after the other. */
export function* eachImage(
  dataset: Dataset,
  indices: readonly number[],
): Generator<Uint8Array | Float32Array, void, void> {
  for (let from = 0; from < indices.length; from += BLOCK) {
    const part = indices.slice(from, from + BLOCK);
    const all = dataset.read(part);
    const size = all.length / part.length;
    for (let i = 0; i < part.length; i++) yield all.subarray(i * size, (i + 1) * size);
  }
}
