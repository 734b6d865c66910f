import type { Samples } from "../generator.js";

/** One image of samples, at its own size: the style sheet enlarges it. */
export function drawPicture(canvas: HTMLCanvasElement, samples: Samples, index: number): void {
  const { width, height, data } = samples.picture(index);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
}

const SIDE = 720;

/** Points of two numbers as dots, over what is between the outermost of the first ones. */
export class PointPlot {
  readonly #canvas: HTMLCanvasElement;
  #reach = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    canvas.width = SIDE;
    canvas.height = SIDE;
  }

  draw({ data, shape, count }: Samples): void {
    const context = this.#canvas.getContext("2d");
    const [dimensions = 0] = shape;
    if (context === null) return;
    this.#reach = Math.max(this.#reach, ...data.map(Math.abs)) || 1;
    context.clearRect(0, 0, SIDE, SIDE);
    context.fillStyle = getComputedStyle(this.#canvas).color;
    context.globalAlpha = 0.55;
    const place = (value: number) => (SIDE / 2) * (1 + (0.92 * value) / this.#reach);
    for (let i = 0; i < count; i++) {
      const [x = 0, y = 0] = data.subarray(i * dimensions, i * dimensions + 2);
      context.beginPath();
      context.arc(place(x), SIDE - place(y), 3, 0, 2 * Math.PI);
      context.fill();
    }
  }
}

/** Does the last of what is asked while something is being done, and leaves the rest out. */
export function latest(work: () => Promise<void>): () => void {
  let busy = false;
  let again = false;
  const run = async (): Promise<void> => {
    busy = true;
    do {
      again = false;
      await work();
    } while (again);
    busy = false;
  };
  return () => {
    if (busy) again = true;
    else void run();
  };
}
