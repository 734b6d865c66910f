/** Lines over a common axis as one SVG picture, several plots side by side. */

/** One line: `x` and `y` of equal length; values that are not finite break it. */
export interface Line {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** CSS colour; default one of a palette, by its place. */
  readonly colour?: string;
  /** How far a shaded band reaches above and below `y`, of the same length; where the line breaks, so does the band. */
  readonly band?: readonly number[];
}

/** One plot with axes of its own. */
export interface Plot {
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface LinesOptions {
  /** Size of one plot in pixels, labels included. Default 460 by 320. */
  readonly width?: number;
  readonly height?: number;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Range of the vertical axis, which all plots share. Default: what there is to show. */
  readonly range?: readonly [number, number];
  /** Both axes are logarithmic; what is not above 0 breaks a line. Default false. */
  readonly logarithmic?: boolean;
  /** Plots in a row. Default: all of them. */
  readonly columns?: number;
  /**
   * Whether the lines are named: once, beside the last plot, or beside each plot where these have different lines.
   * Default: where a plot has several.
   */
  readonly legend?: boolean;
}

/** Colours told apart on white and, by their lightness, mostly in grey too. */
const PALETTE = [
  "#1f5fbf",
  "#d95f02",
  "#1b9e77",
  "#e7298a",
  "#7570b3",
  "#a6761d",
  "#111111",
  "#66a61e",
] as const;

/** The colour of the line at a place: from the palette, and beyond it hues far from each other. */
export const lineColour = (place: number): string =>
  PALETTE[place] ?? `hsl(${Math.round((place * 137.5) % 360)} 65% 40%)`;

const MARGIN = { left: 58, right: 14, top: 30, bottom: 46 } as const;
/** Attributes of text in pictures. */
export const FONT = 'font-family="DejaVu Sans, Helvetica, Arial, sans-serif"';

const round = (value: number) => Math.round(value * 100) / 100;

/** Characters that mean something to XML, written so that they do not. */
export const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Round numbers from `low` to `high`, both included where they are round: steps of 1, 2 or 5 times a power of ten.
 * @param wished how many there should be about
 */
export function ticks(low: number, high: number, wished = 5): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / wished;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Round numbers from `low` to `high` for a logarithmic axis: 1, 2 and 5 times powers of ten, or where those are many, the powers. */
export function logarithmicTicks(low: number, high: number): number[] {
  const powers: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) powers.push(power);
  const within = (factors: readonly number[]) =>
    powers
      .flatMap((power) => factors.map((factor) => Number((factor * 10 ** power).toPrecision(12))))
      .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const fine = within([1, 2, 5]);
  return fine.length > 10 ? within([1]) : fine;
}

const range = (values: readonly number[], logarithmic: boolean): readonly [number, number] => {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return logarithmic ? [1, 10] : [0, 1];
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  if (low < high) return [low, high];
  return logarithmic ? [low / 2, low * 2] : [low - 0.5, high + 0.5];
};

/** The plots, each with frame, ticks and grid lines; all share one range on both axes. */
export function lines(plots: readonly Plot[], options: LinesOptions = {}): string {
  const width = options.width ?? 460;
  const height = options.height ?? 320;
  const columns = Math.max(1, Math.min(options.columns ?? plots.length, plots.length));
  const rows = Math.max(1, Math.ceil(plots.length / columns));
  const isNamed = options.legend ?? plots.some((plot) => plot.lines.length > 1);
  const shared = sharedLines(plots);
  const named = isNamed ? (shared ?? plots.flatMap((plot) => plot.lines)) : [];
  const longest = Math.max(0, ...named.map(({ label }) => label.length));
  const room = longest === 0 ? 0 : Math.ceil(40 + 7 * longest);
  const across = width + (shared === undefined ? room : 0);
  const total = columns * across + (shared === undefined ? 0 : room);
  const all = plots.flatMap((plot) => plot.lines);
  const { logarithmic = false } = options;
  const shown = (values: readonly number[]) => (logarithmic ? values.filter((value) => value > 0) : values);
  const [x0, x1] = range(
    all.flatMap(({ x }) => shown(x)),
    logarithmic,
  );
  const [y0, y1] =
    options.range ??
    range(
      all.flatMap(({ y, band }) =>
        shown(band === undefined ? y : [...edge(y, band, -1), ...edge(y, band, 1)]),
      ),
      logarithmic,
    );
  const ticksOf = logarithmic ? logarithmicTicks : ticks;
  const along = (value: number, from: number, to: number) =>
    logarithmic ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const placeX = (x: number) => round(MARGIN.left + along(x, x0, x1) * inner.width);
  const placeY = (y: number) => round(MARGIN.top + (1 - along(y, y0, y1)) * inner.height);
  const right = MARGIN.left + inner.width;
  const bottom = MARGIN.top + inner.height;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${total}" height="${rows * height}" viewBox="0 0 ${total} ${rows * height}">`,
    `<rect width="${total}" height="${rows * height}" fill="#ffffff"/>`,
  ];
  const text = (x: number, y: number, words: string, more: string) =>
    parts.push(`<text x="${x}" y="${y}" ${FONT} fill="#222222" ${more}>${escapeXml(words)}</text>`);
  for (const [index, plot] of plots.entries()) {
    parts.push(
      `<g transform="translate(${(index % columns) * across} ${Math.floor(index / columns) * height})">`,
    );
    text(MARGIN.left + inner.width / 2, 20, plot.title, 'font-size="14" text-anchor="middle"');
    for (const y of ticksOf(y0, y1)) {
      parts.push(`<path d="M${MARGIN.left} ${placeY(y)}H${right}" stroke="#e4e4e4"/>`);
      text(MARGIN.left - 6, placeY(y) + 4, String(y), 'font-size="11" text-anchor="end"');
    }
    for (const x of ticksOf(x0, x1)) {
      parts.push(`<path d="M${placeX(x)} ${bottom}v4" stroke="#222222"/>`);
      text(placeX(x), bottom + 16, String(x), 'font-size="11" text-anchor="middle"');
    }
    parts.push(
      `<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${inner.width}" height="${inner.height}" fill="none" stroke="#222222"/>`,
    );
    if (options.xLabel !== undefined)
      text(MARGIN.left + inner.width / 2, height - 10, options.xLabel, 'font-size="12" text-anchor="middle"');
    if (options.yLabel !== undefined)
      text(
        0,
        0,
        options.yLabel,
        `font-size="12" text-anchor="middle" transform="translate(14 ${MARGIN.top + inner.height / 2}) rotate(-90)"`,
      );
    const withinY = (y: number) => placeY(Math.min(y1, Math.max(y0, y)));
    for (const [place, line] of plot.lines.entries()) {
      const colour = line.colour ?? lineColour(place);
      for (const band of bandsOf(positive(line, logarithmic), placeX, withinY))
        parts.push(`<path d="${band}" fill="${colour}" fill-opacity="0.18"/>`);
      parts.push(
        `<path d="${pathOf(positive(line, logarithmic), placeX, withinY)}" stroke="${colour}" stroke-width="1.3" stroke-linejoin="round" fill="none"/>`,
      );
    }
    if (isNamed && shared === undefined) parts.push(...legend(plot.lines, width + 4));
    parts.push("</g>");
  }
  if (isNamed && shared !== undefined) parts.push(...legend(shared, columns * width + 4));
  parts.push("</svg>");
  return parts.join("\n");
}

/** The lines of the plot that has most, where every plot has the same ones at the same places; undefined where they differ. */
function sharedLines(plots: readonly Plot[]): readonly Line[] | undefined {
  const most = plots.map((plot) => plot.lines).reduce((a, b) => (b.length > a.length ? b : a), []);
  const areSame = plots.every((plot) => plot.lines.every(({ label }, i) => label === most[i]?.label));
  return areSame ? most : undefined;
}

/** A line without what a logarithmic axis has no place for. */
const positive = (line: Line, logarithmic: boolean): Line =>
  logarithmic ? { ...line, y: line.y.map((y, i) => (y > 0 && (line.x[i] ?? 0) > 0 ? y : Number.NaN)) } : line;

function pathOf({ x, y }: Line, placeX: (x: number) => number, placeY: (y: number) => number): string {
  let pen = "M";
  let path = "";
  for (const [i, value] of y.entries()) {
    const at = x[i];
    if (at === undefined || !Number.isFinite(value) || !Number.isFinite(at)) {
      pen = "M";
      continue;
    }
    path += `${pen}${placeX(at)} ${placeY(value)}`;
    pen = "L";
  }
  return path;
}

/** One side of a band. */
const edge = (y: readonly number[], band: readonly number[], side: 1 | -1): number[] =>
  y.map((value, i) => value + side * (band[i] ?? 0));

/** The outlines of a line's band, one for each unbroken stretch of two points or more. */
function bandsOf(
  { x, y, band }: Line,
  placeX: (x: number) => number,
  placeY: (y: number) => number,
): string[] {
  if (band === undefined) return [];
  const [above, below] = [edge(y, band, 1), edge(y, band, -1)];
  const isThere = (i: number) => Number.isFinite(above[i]) && Number.isFinite(x[i]);
  const outlines: string[] = [];
  for (let from = 0; from < y.length; from++) {
    if (!isThere(from)) continue;
    let to = from;
    while (isThere(to + 1)) to++;
    const stretch = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const points = [
      ...stretch.map((i) => [placeX(x[i]!), placeY(above[i]!)]),
      ...stretch.toReversed().map((i) => [placeX(x[i]!), placeY(below[i]!)]),
    ];
    if (to > from) outlines.push(`M${points.map((point) => point.join(" ")).join("L")}Z`);
    from = to;
  }
  return outlines;
}

/** Colours and names, one under the other. */
function legend(plotted: readonly Line[], left: number): string[] {
  return plotted.flatMap(({ label, colour }, i) => {
    const y = MARGIN.top + 12 + i * 18;
    return [
      `<path d="M${left} ${y - 4}h16" stroke="${colour ?? lineColour(i)}" stroke-width="3"/>`,
      `<text x="${left + 22}" y="${y}" ${FONT} font-size="11" fill="#222222">${escapeXml(label)}</text>`,
    ];
  });
}
