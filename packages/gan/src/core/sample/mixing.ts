import { UsageError } from "../base/errors.js";
import type { Sampler } from "./sampler.js";

/** Layers of a generator with styles, as far as they do alike. */
export interface StyleRange {
  readonly name: "coarse" | "middle" | "fine";
  /** From this layer on, and not this one. */
  readonly from: number;
  readonly to: number;
}

/**
 * Coarse styles are of maps of 4 and 8 pixels, middle ones of 16 and 32, fine ones of the rest, as in the paper; where no side is
 * left for fine ones, sides are shared out by thirds. A range without a layer is left out.
 * @param sides one for each layer with a style (Generator.styleSides)
 */
export function styleRanges(sides: readonly number[]): StyleRange[] {
  const stages = new Set(sides).size;
  const third = Math.max(1, Math.floor(stages / 3));
  const [coarse, middle] = stages > 4 ? [2, 4] : [third, Math.max(third, stages - Math.ceil(stages / 3))];
  const each = sides.length / stages;
  const ends = [0, coarse * each, middle * each, sides.length];
  return (["coarse", "middle", "fine"] as const)
    .map((name, i) => ({ name, from: ends[i]!, to: ends[i + 1]! }))
    .filter(({ from, to }) => from < to);
}

export interface MixingGridOptions {
  /** The class, of conditional generators. Default 0, the first. */
  readonly label?: number;
  /** Called with how many images are there. Default nothing. */
  readonly onImages?: (count: number) => void;
}

/**
 * The grid of StyleGAN's figure 3: a first row of sources, and below rows that begin with an image and show it with the styles of
 * each source, first rows with coarse ones, then middle, then fine. The corner is white. Of conditional generators all are of
 * one class.
 * @param columns latents of the sources
 * @param rows latents of the images, as many for each range, one range after the other
 * @throws UsageError for generators without styles, or rows that do not share out
 * @returns the images, (rows + 1) * (columns + 1) of them, row by row
 */
export function drawMixingGrid(
  sampler: Sampler,
  columns: Float32Array,
  rows: Float32Array,
  { label = 0, onImages = () => {} }: MixingGridOptions = {},
): Float32Array {
  const { latentSize: size, styleSides } = sampler;
  if (styleSides === undefined)
    throw new UsageError(
      `${sampler.run.path}: its generator has no styles to mix; train with net.family=stylegan`,
    );
  const ranges = styleRanges(styleSides);
  const [width, height] = [columns.length / size, rows.length / size];
  const each = height / ranges.length;
  if (!Number.isInteger(each))
    throw new UsageError(
      `${height} rows are not shared out among ${ranges.map(({ name }) => name).join(", ")}`,
    );
  const numbers = sampler.data.shape.reduce((product, extent) => product * extent, 1);
  const grid = new Float32Array((width + 1) * (height + 1) * numbers).fill(1);
  const labels = (count: number) => new Int32Array(count).fill(label);
  let done = 0;
  const place = (images: Iterable<Float32Array>, at: (i: number) => number) => {
    let i = 0;
    for (const part of images) {
      for (let from = 0; from < part.length; from += numbers, i++)
        grid.set(part.subarray(from, from + numbers), at(i) * numbers);
      done += part.length / numbers;
      onImages(done);
    }
  };
  place(sampler.samples(columns, labels(width)), (i) => i + 1);
  place(sampler.samples(rows, labels(height)), (i) => (i + 1) * (width + 1));
  for (let row = 0; row < height; row++) {
    const { from, to } = ranges[Math.floor(row / each)]!;
    const own = new Float32Array(columns.length);
    for (let i = 0; i < width; i++) own.set(rows.subarray(row * size, (row + 1) * size), i * size);
    const takes = (layer: number) => layer >= from && layer < to;
    place(
      sampler.samples(own, labels(width), { sources: columns, takes }),
      (i) => (row + 1) * (width + 1) + i + 1,
    );
  }
  return grid;
}
