import uPlot from "uplot";
import { colourOf } from "./Marks.js";
import { shortNumber, whole } from "./words.js";

/** One line of a plot; `low` and `high` are how far it reaches, as a band. */
export interface PlotLine {
  readonly label: string;
  /** Of its colour. */
  readonly place: number;
  readonly at: readonly number[];
  /** null breaks the line. */
  readonly mean: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

/** Something at one iteration. */
export interface PlotMark {
  readonly at: number;
  readonly kind: "now" | "restart" | "bad" | "info" | "warning" | "problem";
}

/** What a plot shows. */
export interface PlotProps {
  readonly title: string;
  readonly lines: readonly PlotLine[];
  readonly marks?: readonly PlotMark[];
  readonly logarithmic?: boolean;
  /** Weight of what came before in the smoothed line, in [0, 1). */
  readonly smoothing?: number;
  readonly height?: number;
  /** The iterations that are shown. Default: those of the lines. */
  readonly span?: readonly [from: number, to: number];
  /** Called with the iteration that was clicked. */
  readonly onPick?: (iteration: number) => void;
  readonly onZoom?: (from: number, to: number) => void;
}

/** An exponential mean over the points that are shown, begun without a bias to 0. */
function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0;
  let all = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    all = weight * all + (1 - weight);
    return sum / all;
  });
}

/** Columns for uPlot, of one axis: of each line the mean, smoothed where that is asked for, then its reach. */
export function dataOf({ lines, smoothing = 0, logarithmic = false }: PlotProps): uPlot.AlignedData {
  const drawn = (value: number | null) => (value === null || (logarithmic && value <= 0) ? null : value);
  const tables = lines.map(
    ({ at, mean, low, high }): uPlot.AlignedData => [
      [...at],
      ...(smoothing > 0 ? [smooth(mean, smoothing).map(drawn)] : []),
      mean.map(drawn),
      ...(low === undefined || high === undefined ? [] : [low.map(drawn), high.map(drawn)]),
    ],
  );
  if (tables.length === 0) return [[]];
  if (tables.length === 1) return tables[0]!;
  return uPlot.join(tables);
}

const MARKS = {
  now: "--accent",
  restart: "--faint",
  bad: "--bad",
  info: "--faint",
  warning: "--warn",
  problem: "--bad",
} as const;

export function optionsOf(live: { readonly current: PlotProps }, element: HTMLElement): uPlot.Options {
  const { lines, smoothing = 0, logarithmic = false, height = 190 } = live.current;
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name.replace(/^var\((.*)\)$/, "$1")).trim();
  const lineColour = (place: number) => (place < 8 ? colour(`--line-${place}`) : colourOf(place));
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const { label, place, low } of lines) {
    const stroke = lineColour(place);
    if (smoothing > 0)
      series.push({ label: `${label}, smoothed`, stroke, width: 1.75, points: { show: false } });
    series.push({
      label,
      stroke,
      width: smoothing > 0 ? 0.75 : 1.5,
      alpha: smoothing > 0 ? 0.35 : 1,
      spanGaps: lines.length > 1,
    });
    if (low === undefined) continue;
    const at = series.length;
    const edge = { stroke: "transparent", width: 0, points: { show: false }, spanGaps: lines.length > 1 };
    series.push({ ...edge, label: "low" }, { ...edge, label: "high" });
    bands.push({ series: [at + 1, at], fill: fade(stroke) });
  }
  const axis = {
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: Math.max(120, element.clientWidth),
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    series,
    bands,
    scales: {
      x: { time: false, range: (_, low, high) => spanOf(live.current, low, high) },
      y: logarithmic ? { distr: 3 } : {},
    },
    axes: [
      {
        ...axis,
        size: 26,
        values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? whole(tick) : "")),
      },
      {
        ...axis,
        size: (_, values) => Math.max(34, 8 + 7 * Math.max(0, ...(values ?? []).map((text) => text.length))),
        values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : shortNumber(tick))),
      },
    ],
    cursor: {
      sync: { key: "iterations", setSeries: false },
      drag: { x: live.current.onZoom !== undefined, y: false, setScale: false },
      points: { size: 6 },
    },
    hooks: {
      draw: [(made) => drawMarks(made, live.current.marks ?? [], (kind) => colour(MARKS[kind]))],
      setCursor: [(made) => tell(made, live.current, element)],
      setSelect: [
        (made) => {
          const { left, width } = made.select;
          if (width > 4) live.current.onZoom?.(made.posToVal(left, "x"), made.posToVal(left + width, "x"));
          made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [
        (made) =>
          made.over.addEventListener("click", () => {
            const { left } = made.cursor;
            if (left !== undefined && left >= 0) live.current.onPick?.(Math.round(made.posToVal(left, "x")));
          }),
      ],
    },
  };
}

/** The least and the greatest iteration of a plot. */
function spanOf({ span }: PlotProps, low: number, high: number): [number, number] {
  const [from, to] = span ?? [low ?? 0, high ?? 1];
  return from < to ? [from, to] : [from - 1, from + 1];
}

const fade = (colour: string): string =>
  colour.startsWith("#") ? `${colour}2e` : colour.replace(")", " / 0.18)");

function drawMarks(
  made: uPlot,
  marks: readonly PlotMark[],
  colourOfKind: (kind: PlotMark["kind"]) => string,
): void {
  const { ctx, bbox } = made;
  const unit = devicePixelRatio;
  for (const { at, kind } of marks) {
    const x = Math.round(made.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const foot = bbox.top + bbox.height;
    ctx.save();
    ctx.strokeStyle = colourOfKind(kind);
    ctx.fillStyle = colourOfKind(kind);
    ctx.lineWidth = unit;
    ctx.beginPath();
    if (kind === "bad") ctx.rect(x - unit, foot - 7 * unit, 2 * unit, 7 * unit);
    else {
      if (kind === "restart") ctx.setLineDash([3 * unit, 3 * unit]);
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, foot);
      ctx.stroke();
      ctx.beginPath();
      if (kind === "warning" || kind === "problem" || kind === "info")
        ctx.arc(x, bbox.top + 4 * unit, 3.5 * unit, 0, 2 * Math.PI);
    }
    ctx.fill();
    ctx.restore();
  }
}

/** What the cursor stands at, in the plot's caption. */
function tell(made: uPlot, { lines }: PlotProps, element: HTMLElement): void {
  const note = element.parentElement?.querySelector(".plot-cursor");
  const { idx } = made.cursor;
  if (note == null) return;
  note.textContent = "";
  if (idx == null || (made.cursor.left ?? -1) < 0) return;
  const at = made.data[0][idx];
  const labels = made.series.flatMap(({ label }, i) =>
    lines.some((line) => line.label === label) ? [[String(label), made.data[i]?.[idx]] as const] : [],
  );
  const values = labels.flatMap(([label, value]) =>
    value == null ? [] : [lines.length > 1 ? `${label} ${shortNumber(value)}` : shortNumber(value)],
  );
  note.textContent = `${whole(at ?? 0)}: ${values.slice(0, 3).join(", ")}${values.length > 3 ? " …" : ""}`;
}
