import type { LabFrame } from "../../src/lab/messages.js";

/** What is to be seen. */
export interface Layers {
  readonly surface: boolean;
  readonly manifold: boolean;
  readonly arrows: boolean;
  readonly real: boolean;
  readonly fake: boolean;
}

/** Draws a game on points. */
export function paint(canvas: HTMLCanvasElement, frame: LabFrame, layers: Layers): void {
  const side = canvas.clientWidth * devicePixelRatio;
  if (canvas.width !== side || canvas.height !== side) [canvas.width, canvas.height] = [side, side];
  const context = canvas.getContext("2d");
  if (context === null) return;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const unit = side / 400;
  const x = (value: number) => (side * (value / frame.reach + 1)) / 2;
  const y = (value: number) => side - x(value);
  context.clearRect(0, 0, side, side);
  if (layers.surface && frame.surface !== null) paintSurface(context, side, frame.surface, colour);
  const dots = (points: readonly number[], fill: string, size: number) => {
    context.fillStyle = fill;
    context.globalAlpha = 0.7;
    for (let i = 0; i + 1 < points.length; i += 2) {
      context.beginPath();
      context.arc(x(points[i]!), y(points[i + 1]!), size * unit, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
  };
  if (layers.real) dots(frame.real, colour("--faint"), 1.6);
  if (layers.manifold && frame.manifold !== null)
    paintGrid(context, frame.manifold, x, y, colour("--line-4"), unit);
  if (layers.fake) dots(frame.fake, colour("--line-0"), 1.8);
  if (layers.arrows && frame.arrows !== null) paintArrows(context, frame.arrows, x, y, colour("--ink"), unit);
  for (let i = 0; i + 3 < frame.modes.length; i += 4) {
    const [cx = 0, cy = 0, radius = 0, count = 0] = frame.modes.slice(i, i + 4);
    context.strokeStyle = colour(count > 0 ? "--good" : "--bad");
    context.lineWidth = 2 * unit;
    context.setLineDash(count > 0 ? [] : [3 * unit, 3 * unit]);
    context.beginPath();
    context.arc(x(cx), y(cy), Math.max(6 * unit, (side * radius) / (2 * frame.reach)), 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}

/** Where D scores high in one colour, where low in another: between the least and the greatest of what is shown. */
function paintSurface(
  context: CanvasRenderingContext2D,
  size: number,
  scores: readonly number[],
  colour: (name: string) => string,
): void {
  const side = Math.round(Math.sqrt(scores.length));
  const low = Math.min(...scores);
  const span = Math.max(...scores) - low || 1;
  const [above, under] = [partsOf(colour("--surface-high")), partsOf(colour("--surface-low"))];
  const image = new ImageData(side, side);
  for (const [i, score] of scores.entries()) {
    const part = (2 * (score - low)) / span - 1;
    // Rows come from the bottom.
    const at = 4 * ((side - 1 - Math.floor(i / side)) * side + (i % side));
    image.data.set([...(part > 0 ? above : under), 190 * Math.abs(part)], at);
  }
  const small = new OffscreenCanvas(side, side);
  small.getContext("2d")?.putImageData(image, 0, 0);
  // Scores are of the middles of the squares, and the outer ones lie on the edge.
  const half = size / (side - 1) / 2;
  context.drawImage(small, -half, -half, size + 2 * half, size + 2 * half);
}

/** Red, green and blue of `#rrggbb`. */
const partsOf = (colour: string): number[] =>
  [1, 3, 5].map((from) => Number.parseInt(colour.slice(from, from + 2), 16));

type Place = (value: number) => number;

/** G of straight lines in its latents. */
function paintGrid(
  context: CanvasRenderingContext2D,
  points: readonly number[],
  x: Place,
  y: Place,
  colour: string,
  unit: number,
): void {
  const side = Math.round(Math.sqrt(points.length / 2));
  context.strokeStyle = colour;
  context.globalAlpha = 0.65;
  context.lineWidth = unit;
  const line = (first: number, step: number) => {
    context.beginPath();
    for (let k = 0; k < side; k++) {
      const at = 2 * (first + k * step);
      context.lineTo(x(points[at]!), y(points[at + 1]!));
    }
    context.stroke();
  };
  for (let k = 0; k < side; k++) {
    line(k * side, 1);
    line(k, side);
  }
  context.globalAlpha = 1;
}

/** Where D would rather see fakes; the longest is of a fixed length. */
function paintArrows(
  context: CanvasRenderingContext2D,
  arrows: readonly number[],
  x: Place,
  y: Place,
  colour: string,
  unit: number,
): void {
  let longest = 1e-12;
  for (let i = 0; i + 3 < arrows.length; i += 4)
    longest = Math.max(longest, Math.hypot(arrows[i + 2]!, arrows[i + 3]!));
  context.strokeStyle = colour;
  context.lineWidth = 1.2 * unit;
  for (let i = 0; i + 3 < arrows.length; i += 4) {
    const [px = 0, py = 0, dx = 0, dy = 0] = arrows.slice(i, i + 4);
    const scale = (26 * unit) / longest;
    const [fromX, fromY] = [x(px), y(py)];
    const [toX, toY] = [fromX + dx * scale, fromY - dy * scale];
    const angle = Math.atan2(toY - fromY, toX - fromX);
    const head = Math.min(5 * unit, Math.hypot(dx, dy) * scale);
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    for (const turn of [2.6, -2.6]) {
      context.moveTo(toX, toY);
      context.lineTo(toX + head * Math.cos(angle + turn), toY + head * Math.sin(angle + turn));
    }
    context.stroke();
  }
}
