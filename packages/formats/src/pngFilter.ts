/** Filters of PNG (its specification, section 9): a byte is kept as its difference from a guess by bytes before it. */
const FILTERS: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

/** Of left, above and the corner between, the nearest to left + above - corner. */
function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/**
 * Rows as PNG compresses them, each by the filter that leaves the smallest differences: photographs then take about half, and enlarged
 * pixels, whose rows repeat, less.
 * @param pixels interleaved, rows from the top
 * @param row bytes of a row
 * @param pixel bytes of a pixel
 * @returns each row behind the number of its filter
 */
export function filterRows(pixels: Uint8Array, row: number, pixel: number): Uint8Array {
  const height = pixels.length / row;
  const out = new Uint8Array(height * (1 + row));
  const tried = new Uint8Array(row);
  for (let y = 0; y < height; y++) {
    const at = y * row;
    const to = y * (1 + row);
    let least = Number.POSITIVE_INFINITY;
    for (const [number, guess] of FILTERS.entries()) {
      let sum = 0;
      for (let x = 0; x < row && sum < least; x++) {
        const left = x < pixel ? 0 : (pixels[at + x - pixel] as number);
        const above = y === 0 ? 0 : (pixels[at + x - row] as number);
        const corner = x < pixel || y === 0 ? 0 : (pixels[at + x - row - pixel] as number);
        const difference = ((pixels[at + x] as number) - guess(left, above, corner)) & 255;
        tried[x] = difference;
        sum += difference < 128 ? difference : 256 - difference;
      }
      if (sum >= least) continue;
      least = sum;
      out[to] = number;
      out.set(tried, to + 1);
    }
  }
  return out;
}
