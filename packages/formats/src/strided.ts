import { countElements } from "./dtype.js";
import { allocate } from "./files.js";

/** Where the elements of an array lie in a piece of memory: all in units of elements. */
export interface Strided {
  readonly shape: readonly number[];
  /** Distance between neighbours along each extent; 0 repeats one element. */
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The strides of an array without gaps, row by row. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= Math.max(shape[i] ?? 0, 1);
  }
  return strides;
}

/** The strides of an array without gaps, column by column (Fortran's order). */
export function fortranStrides(shape: readonly number[]): number[] {
  return contiguousStrides(shape.toReversed()).toReversed();
}

/** Whether the elements follow one another without gaps, row by row. Strides of extents of 1 mean nothing. */
export function isContiguous({ shape, strides }: Strided): boolean {
  const expected = contiguousStrides(shape);
  return countElements(shape) === 0 || shape.every((extent, i) => extent === 1 || strides[i] === expected[i]);
}

/** How many elements of memory an array reaches over, counted from the start of the memory; 0 for an empty array. */
export function reach({ shape, strides, offset }: Strided): number {
  if (countElements(shape) === 0) return 0;
  return shape.reduce((last, extent, i) => last + (extent - 1) * (strides[i] ?? 0), offset) + 1;
}

/**
 * A copy of the elements without gaps, row by row. The array must lie inside `source` (see {@link reach}). Throws
 * FormatError naming `file` if the copy does not fit in memory.
 */
export function gather(
  source: Uint8Array,
  itemSize: number,
  layout: Strided,
  file: string | undefined,
): Uint8Array {
  const count = countElements(layout.shape) ?? 0;
  const target = allocate(count * itemSize, file);
  if (count === 0) return target;
  // Extents of 1 never advance.
  const axes = layout.shape.flatMap((extent, i) =>
    extent === 1 ? [] : [{ extent, step: (layout.strides[i] ?? 0) * itemSize, index: 0 }],
  );
  let from = layout.offset * itemSize;
  for (let to = 0; ; to += itemSize) {
    for (let byte = 0; byte < itemSize; byte++) target[to + byte] = source[from + byte] as number;
    // Count up the index, the last extent fastest, as an odometer does.
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const counter = axes[axis] as (typeof axes)[number];
      from += counter.step;
      if (++counter.index < counter.extent) break;
      from -= counter.step * counter.extent;
      counter.index = 0;
    }
    if (axis < 0) return target;
  }
}
