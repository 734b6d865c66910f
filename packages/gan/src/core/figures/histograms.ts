import { lines } from "./lines.js";

/** Numbers to be counted, under a title. */
export interface Counted {
  readonly title: string;
  readonly values: readonly number[];
}

export interface HistogramOptions {
  /** From the first bin's left to the last one's right; what lies outside is left out. */
  readonly range: readonly [number, number];
  readonly bins: number;
  /** Of one plot in pixels. Default 460 by 320. */
  readonly width?: number;
  readonly height?: number;
  /** Plots in a row. Default: all of them. */
  readonly columns?: number;
  readonly xLabel?: string;
}

/**
 * Shares of numbers in each bin, between 0 and 1. The last bin has its right end too.
 * @param range from the first bin's left to the last one's right
 */
export function shares(
  values: readonly number[],
  [low, high]: readonly [number, number],
  bins: number,
): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = value === high ? bins - 1 : Math.floor(((value - low) / (high - low)) * bins);
    if (counts[bin] !== undefined) counts[bin]++;
  }
  return counts.map((count) => count / Math.max(1, values.length));
}

/** Histograms side by side with one range on both axes, as the outlines of their bars. */
export function histograms(all: readonly Counted[], options: HistogramOptions): string {
  const { range, bins, ...rest } = options;
  const [low, high] = range;
  const edge = (i: number) => low + ((high - low) * i) / bins;
  return lines(
    all.map(({ title, values }) => {
      const found = shares(values, range, bins);
      return {
        title,
        lines: [
          {
            label: title,
            // Up at each bar's left, down at its right.
            x: found.flatMap((_, i) => [edge(i), edge(i), edge(i + 1), edge(i + 1)]),
            y: found.flatMap((share) => [0, share, share, 0]),
          },
        ],
      };
    }),
    { ...rest, legend: false },
  );
}
