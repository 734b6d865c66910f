// Pictures of a frame, on a canvas: what D says of the plane, what G does to it, and where the modes are.
import type { LabFrame } from "@gantry/gan/lab";
import type { Opened } from "./useTraining.js";

/** What can be shown or hidden. */
export const LAYERS = {
  surface: "what D says",
  grid: "G's grid",
  arrows: "slopes of D",
  reals: "real points",
  fakes: "fakes",
} as const;
export type Layer = keyof typeof LAYERS;

/** The part of the plane that is seen. */
export interface Window {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

/** Around D's surface, else around the data. */
export function windowOf({ reals }: Opened, frame: LabFrame | undefined): Window {
  if (frame?.surface !== undefined) return frame.surface;
  let most = 1e-6;
  for (const value of reals) most = Math.max(most, Math.abs(value));
  return { from: [-1.7 * most, -1.7 * most], to: [1.7 * most, 1.7 * most] };
}

interface Colours {
  readonly real: string;
  readonly fake: string;
  readonly grid: string;
  readonly good: string;
  readonly bad: string;
  readonly ink: string;
}

function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    real: of("--line-1"),
    fake: of("--line-0"),
    grid: of("--line-4"),
    good: of("--good"),
    bad: of("--bad"),
    ink: of("--ink"),
  };
}

/** Arrows at most, in pixels. */
const ARROW = 26;

/** Draws it all, as large as the canvas is laid out. */
export function drawFrame(
  canvas: HTMLCanvasElement,
  opened: Opened,
  frame: LabFrame | undefined,
  shown: ReadonlySet<Layer>,
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const ratio = window.devicePixelRatio || 1;
  const side = Math.max(1, canvas.clientWidth);
  if (canvas.width !== Math.round(side * ratio)) canvas.width = canvas.height = Math.round(side * ratio);
  const colours = coloursOf(canvas);
  const { from, to } = windowOf(opened, frame);
  const x = (value: number) => ((value - from[0]) / (to[0] - from[0])) * side;
  const y = (value: number) => side - ((value - from[1]) / (to[1] - from[1])) * side;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, side, side);
  if (shown.has("surface") && frame?.surface !== undefined) drawSurface(context, frame, side, colours);
  if (shown.has("reals")) dots(context, opened.reals, x, y, colours.real, 1.6, 0.45);
  for (const [i, [left, top, radius]] of opened.modes.entries()) {
    const lit = (frame?.modes?.counts[i] ?? 0) > 0;
    context.beginPath();
    context.arc(x(left), y(top), Math.max(7, (radius / (to[0] - from[0])) * side), 0, 2 * Math.PI);
    context.strokeStyle = lit ? colours.good : colours.bad;
    context.lineWidth = 2;
    context.setLineDash(lit ? [] : [4, 3]);
    context.stroke();
  }
  context.setLineDash([]);
  if (frame === undefined) return;
  if (shown.has("grid")) drawGrid(context, frame, x, y, colours.grid);
  if (shown.has("fakes")) dots(context, frame.fakes, x, y, colours.fake, 1.9, 0.8);
  if (shown.has("arrows")) drawArrows(context, frame, x, y, colours.ink);
}

function dots(
  context: CanvasRenderingContext2D,
  points: readonly number[],
  x: (value: number) => number,
  y: (value: number) => number,
  colour: string,
  radius: number,
  opacity: number,
): void {
  context.fillStyle = colour;
  context.globalAlpha = opacity;
  context.beginPath();
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [left, top] = [x(points[i]!), y(points[i + 1]!)];
    context.moveTo(left + radius, top);
    context.arc(left, top, radius, 0, 2 * Math.PI);
  }
  context.fill();
  context.globalAlpha = 1;
}

/** -1 where D is sure of a fake, 1 where it is sure of a real, 0 where it is undecided. */
export function verdicts({ surface, boundary }: LabFrame): number[] {
  if (surface === undefined) return [];
  const sorted = surface.scores.toSorted((a, b) => a - b);
  // A critic is never undecided: the middle of what it says of the plane stands in.
  const middle = boundary ?? sorted[Math.floor(sorted.length / 2)] ?? 0;
  const distances = surface.scores.map((score) => Math.abs(score - middle)).sort((a, b) => a - b);
  // What most of the plane has; of a D by cross-entropy at most odds of e squared, so that one that is sure looks like it.
  const usual = distances[Math.floor(0.8 * distances.length)] || 1;
  const unit = boundary === undefined ? usual : Math.min(2, Math.max(0.1, usual));
  return surface.scores.map((score) => Math.tanh((score - middle) / unit));
}

function drawSurface(
  context: CanvasRenderingContext2D,
  frame: LabFrame,
  size: number,
  { real, fake, ink }: Colours,
): void {
  const { side } = frame.surface!;
  const values = verdicts(frame);
  const small = document.createElement("canvas");
  small.width = small.height = side;
  const picture = small.getContext("2d");
  if (picture === null) return;
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const value = values[row * side + column]!;
      picture.fillStyle = value > 0 ? real : fake;
      picture.globalAlpha = 0.42 * Math.abs(value);
      picture.fillRect(column, side - 1 - row, 1, 1);
    }
  context.imageSmoothingEnabled = true;
  // Lattice points are the middles of its pixels.
  const half = size / (side - 1) / 2;
  context.drawImage(small, -half, -half, size + 2 * half, size + 2 * half);
  context.strokeStyle = ink;
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.beginPath();
  const step = size / (side - 1);
  for (let row = 0; row + 1 < side; row++)
    for (let column = 0; column + 1 < side; column++) {
      const at = (r: number, c: number) => values[(row + r) * side + column + c]!;
      const left = column * step;
      const top = size - row * step;
      // Where the sign changes along the four sides of a cell.
      const cuts: [number, number][] = [];
      const cut = (a: number, b: number, from: [number, number], to: [number, number]) => {
        if (a > 0 === b > 0) return;
        const share = a / (a - b);
        cuts.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
      };
      const corners: [number, number][] = [
        [left, top],
        [left + step, top],
        [left + step, top - step],
        [left, top - step],
      ];
      cut(at(0, 0), at(0, 1), corners[0]!, corners[1]!);
      cut(at(0, 1), at(1, 1), corners[1]!, corners[2]!);
      cut(at(1, 1), at(1, 0), corners[2]!, corners[3]!);
      cut(at(1, 0), at(0, 0), corners[3]!, corners[0]!);
      for (let i = 0; i + 1 < cuts.length; i += 2) {
        context.moveTo(...cuts[i]!);
        context.lineTo(...cuts[i + 1]!);
      }
    }
  context.stroke();
  context.globalAlpha = 1;
}

function drawGrid(
  context: CanvasRenderingContext2D,
  { manifold: { side, points } }: LabFrame,
  x: (value: number) => number,
  y: (value: number) => number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.globalAlpha = 0.6;
  context.lineWidth = 1;
  context.beginPath();
  const place = (row: number, column: number): [number, number] => {
    const at = 2 * (row * side + column);
    return [x(points[at]!), y(points[at + 1]!)];
  };
  for (let i = 0; i < side; i++) {
    context.moveTo(...place(i, 0));
    for (let j = 1; j < side; j++) context.lineTo(...place(i, j));
    context.moveTo(...place(0, i));
    for (let j = 1; j < side; j++) context.lineTo(...place(j, i));
  }
  context.stroke();
  context.globalAlpha = 1;
}

function drawArrows(
  context: CanvasRenderingContext2D,
  { arrows, fakes }: LabFrame,
  x: (value: number) => number,
  y: (value: number) => number,
  colour: string,
): void {
  let most = 0;
  for (let i = 0; i + 1 < arrows.length; i += 2)
    most = Math.max(most, Math.hypot(arrows[i]!, arrows[i + 1]!));
  if (!(most > 0)) return;
  context.strokeStyle = colour;
  context.globalAlpha = 0.7;
  context.lineWidth = 1.1;
  context.beginPath();
  for (let i = 0; i + 1 < arrows.length; i += 2) {
    // The longest is drawn at full length; roots, so that the short ones are seen.
    const size = Math.hypot(arrows[i]!, arrows[i + 1]!);
    const length = ARROW * Math.sqrt(size / most);
    if (length < 1.5) continue;
    const [left, top] = [x(fakes[i]!), y(fakes[i + 1]!)];
    const [dx, dy] = [(arrows[i]! / size) * length, (-arrows[i + 1]! / size) * length];
    context.moveTo(left, top);
    context.lineTo(left + dx, top + dy);
    context.lineTo(left + dx - 0.25 * dx - 0.15 * dy, top + dy - 0.25 * dy + 0.15 * dx);
    context.moveTo(left + dx, top + dy);
    context.lineTo(left + dx - 0.25 * dx + 0.15 * dy, top + dy - 0.25 * dy - 0.15 * dx);
  }
  context.stroke();
  context.globalAlpha = 1;
}
