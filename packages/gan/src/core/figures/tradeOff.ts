import { escapeXml, FONT, lineColour, ticks } from "./lines.js";

/** One score against another, a point for each value of what trades them. */
export interface TradeOffPlot {
  readonly xLabel: string;
  readonly yLabel: string;
  /** One for each point; a point that is not finite is left out. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** What stands beside each point. */
  readonly labels: readonly string[];
}

const SIZE = { width: 400, height: 340 } as const;
const MARGIN = { left: 64, right: 24, top: 20, bottom: 46 } as const;
/** Of the range, free on each side: points are not on the frame, and their labels are in it. */
const AIR = 0.12;

/** Plots side by side, each with axes of its own; points are joined in their order. */
export function tradeOffPicture(plots: readonly TradeOffPlot[]): string {
  const width = Math.max(1, plots.length) * SIZE.width;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${SIZE.height}" viewBox="0 0 ${width} ${SIZE.height}">`,
    `<rect width="${width}" height="${SIZE.height}" fill="#ffffff"/>`,
    ...plots.map((plot, i) => `<g transform="translate(${i * SIZE.width} 0)">${onePlot(plot).join("")}</g>`),
    "</svg>",
  ].join("\n");
}

function onePlot({ xLabel, yLabel, x, y, labels }: TradeOffPlot): string[] {
  const points = x.flatMap((value, i) => {
    const other = y[i] as number;
    return Number.isFinite(value) && Number.isFinite(other) ? [{ x: value, y: other, label: labels[i] }] : [];
  });
  const [x0, x1] = rangeOf(points.map((point) => point.x));
  const [y0, y1] = rangeOf(points.map((point) => point.y));
  const right = SIZE.width - MARGIN.right;
  const bottom = SIZE.height - MARGIN.bottom;
  const placeX = (value: number) => round(MARGIN.left + ((value - x0) / (x1 - x0)) * (right - MARGIN.left));
  const placeY = (value: number) => round(bottom - ((value - y0) / (y1 - y0)) * (bottom - MARGIN.top));
  const text = (at: readonly [number, number], words: string, more: string) =>
    `<text x="${at[0]}" y="${at[1]}" ${FONT} fill="#222222" ${more}>${escapeXml(words)}</text>`;
  const middle = (MARGIN.top + bottom) / 2;
  const colour = lineColour(0);
  return [
    ...ticks(y0, y1).flatMap((value) => [
      `<path d="M${MARGIN.left} ${placeY(value)}H${right}" stroke="#e4e4e4"/>`,
      text([MARGIN.left - 6, placeY(value) + 4], String(value), 'font-size="11" text-anchor="end"'),
    ]),
    ...ticks(x0, x1).flatMap((value) => [
      `<path d="M${placeX(value)} ${bottom}v4" stroke="#222222"/>`,
      text([placeX(value), bottom + 16], String(value), 'font-size="11" text-anchor="middle"'),
    ]),
    `<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${right - MARGIN.left}" height="${bottom - MARGIN.top}" fill="none" stroke="#222222"/>`,
    text([(MARGIN.left + right) / 2, SIZE.height - 10], xLabel, 'font-size="12" text-anchor="middle"'),
    text(
      [0, 0],
      yLabel,
      `font-size="12" text-anchor="middle" transform="translate(14 ${middle}) rotate(-90)"`,
    ),
    points.length === 0
      ? ""
      : `<path d="M${points.map((point) => `${placeX(point.x)} ${placeY(point.y)}`).join("L")}" stroke="${colour}" stroke-width="1.3" fill="none"/>`,
    ...points.flatMap((point) => [
      `<circle cx="${placeX(point.x)}" cy="${placeY(point.y)}" r="3" fill="${colour}"/>`,
      // Away from the frame that is nearer.
      placeX(point.x) > SIZE.width / 2
        ? text(
            [placeX(point.x) - 6, placeY(point.y) - 4],
            point.label ?? "",
            'font-size="11" text-anchor="end"',
          )
        : text([placeX(point.x) + 6, placeY(point.y) - 4], point.label ?? "", 'font-size="11"'),
    ]),
  ];
}

/** With room on both sides. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = low < high ? AIR * (high - low) : Math.max(0.5, Math.abs(low) / 10);
  return [low - air, high + air];
}

const round = (value: number) => Math.round(value * 100) / 100;
