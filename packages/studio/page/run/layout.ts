import type { RunJson } from "../../src/json.js";

/** Where the images of a grid lie in it, in pixels of the picture. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly cell: readonly [width: number, height: number];
  readonly padding: number;
  readonly columns: number;
  readonly count: number;
}

/** Pixels between images, before they are enlarged: see pngGrid(). */
const PADDING = 2;

/** The layout of a picture of images as a training draws them; undefined for points, and for a picture that was laid out otherwise. */
export function layoutOf(
  { naturalWidth: width, naturalHeight: height }: Pick<HTMLImageElement, "naturalWidth" | "naturalHeight">,
  samples: RunJson["samples"],
): Layout | undefined {
  if (samples?.kind !== "images") return undefined;
  const [, rows = 1, across = 1] = samples.shape;
  const scale = Math.max(1, Math.floor(64 / rows));
  const padding = PADDING * scale;
  const cell = [across * scale, rows * scale] as const;
  const columns = (width - padding) / (cell[0] + padding);
  const lines = (height - padding) / (cell[1] + padding);
  if (!Number.isInteger(columns) || !Number.isInteger(lines)) return undefined;
  return { width, height, cell, padding, columns, count: Math.min(samples.count, columns * lines) };
}

/** The image at a place of the picture as it is shown, `shown` pixels wide; undefined between images. */
export function cellAt(layout: Layout, x: number, y: number, shown: number): number | undefined {
  const { width, cell, padding, columns, count } = layout;
  const scale = width / shown;
  const [column, row] = [x, y].map((at, axis) =>
    Math.floor((at * scale - padding / 2) / (cell[axis]! + padding)),
  );
  if (column === undefined || row === undefined || column < 0 || row < 0 || column >= columns)
    return undefined;
  const found = row * columns + column;
  return found < count ? found : undefined;
}

/** An image's place in the picture, for a style: in parts of the whole. */
export function cellBox({ width, height, cell, padding, columns }: Layout, place: number) {
  const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
  return {
    left: percent(padding + (place % columns) * (cell[0] + padding), width),
    top: percent(padding + Math.floor(place / columns) * (cell[1] + padding), height),
    width: percent(cell[0], width),
    height: percent(cell[1], height),
  };
}
