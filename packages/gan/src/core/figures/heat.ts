/** Values over a square of the plane as one SVG picture. */

/** Numbers in rows from the top (the largest y) down, each from the left (the smallest x). */
export type Grid = readonly (readonly number[])[];

export interface HeatOptions {
  /** Side of the square picture in pixels. */
  readonly size: number;
  /** Values that have the first and the last colour; beyond them nothing changes. Default: the least and the greatest finite one. */
  readonly range?: readonly [number, number];
}

/** From dark to light: told apart in grey too. */
const COLOURS = [
  [13, 8, 60],
  [92, 18, 110],
  [187, 55, 84],
  [249, 142, 9],
  [252, 255, 190],
] as const;

/** The colour at a share of the way. */
function colourAt(share: number): string {
  const along = Math.min(1, Math.max(0, share)) * (COLOURS.length - 1);
  const from = Math.min(COLOURS.length - 2, Math.floor(along));
  const mixed = COLOURS[from]!.map((low, i) =>
    Math.round(low + (along - from) * (COLOURS[from + 1]![i]! - low)),
  );
  return `rgb(${mixed.join(",")})`;
}

/** Each value a rectangle; what is not finite is white. */
export function heat(grid: Grid, { size, range }: HeatOptions): string {
  const finite = grid.flat().filter(Number.isFinite);
  const [low, high] = range ?? [Math.min(...finite), Math.max(...finite)];
  const place = (i: number, count: number) => Math.round((i * size * 100) / count) / 100;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}">`,
    `<rect width="${size}" height="${size}" fill="#ffffff"/>`,
    // Neighbours must not show what lies behind them.
    '<g shape-rendering="crispEdges">',
  ];
  for (const [row, values] of grid.entries()) {
    const [top, bottom] = [place(row, grid.length), place(row + 1, grid.length)];
    const colours = values.map((value) =>
      Number.isFinite(value) ? colourAt(high > low ? (value - low) / (high - low) : 0.5) : "#ffffff",
    );
    for (let from = 0; from < colours.length; ) {
      // One rectangle for neighbours of one colour.
      let to = from + 1;
      while (colours[to] === colours[from]) to++;
      const left = place(from, colours.length);
      const width = Math.round((place(to, colours.length) - left) * 100) / 100;
      const height = Math.round((bottom - top) * 100) / 100;
      parts.push(
        `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="${colours[from]}"/>`,
      );
      from = to;
    }
  }
  parts.push("</g>", "</svg>");
  return parts.join("\n");
}

/**
 * How many points fall into each field of a square around the origin; points outside are left out.
 * @param points pairs x,y one after the other
 * @param limit the plane is counted from -limit to limit
 * @param fields along each side
 */
export function countPoints(points: ArrayLike<number>, limit: number, fields: number): number[][] {
  const grid = Array.from({ length: fields }, () => new Array<number>(fields).fill(0));
  const field = (value: number) => Math.floor(((value + limit) / (2 * limit)) * fields);
  for (let i = 0; i + 1 < points.length; i += 2) {
    const row = grid[field(-points[i + 1]!)];
    const column = field(points[i]!);
    if (row?.[column] !== undefined) row[column]++;
  }
  return grid;
}
