import type { Samples } from "@gantry/web";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly samples: Samples | undefined;
  /** Which of them; several a row of images side by side. */
  readonly from?: number;
  readonly columns?: number;
  readonly rows?: number;
  readonly label: string;
  readonly class?: string;
}

/** Samples as pictures: images in rows, points as dots. */
export function Picture({ samples, from = 0, columns = 1, rows = 1, label, class: name = "" }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null && samples !== undefined && samples.count >= from + columns * rows)
      if (samples.shape.length === 3) drawImages(canvas.current, samples, from, columns, rows);
      else drawPoints(canvas.current, samples);
  });
  return <canvas ref={canvas} class={`made ${name}`} role="img" aria-label={label} />;
}

function drawImages(
  canvas: HTMLCanvasElement,
  samples: Samples,
  from: number,
  columns: number,
  rows: number,
): void {
  const { width, height } = samples.picture(from);
  if (canvas.width !== columns * width) canvas.width = columns * width;
  if (canvas.height !== rows * height) canvas.height = rows * height;
  const context = canvas.getContext("2d");
  for (let i = 0; i < columns * rows; i++) {
    const { data } = samples.picture(from + i);
    context?.putImageData(
      new ImageData(data, width, height),
      (i % columns) * width,
      Math.floor(i / columns) * height,
    );
  }
}

const SIDE = 480;

function drawPoints(canvas: HTMLCanvasElement, { data, shape }: Samples): void {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  if (context === null) return;
  const dimensions = shape[0] ?? 2;
  let reach = 1e-6;
  for (const value of data) reach = Math.max(reach, Math.abs(value));
  context.fillStyle = getComputedStyle(canvas).color;
  for (let i = 0; i + 1 < data.length; i += dimensions) {
    const [x, y] = [data[i]! / reach, data[i + 1]! / reach];
    context.fillRect((SIDE / 2) * (1 + 0.95 * x) - 2, (SIDE / 2) * (1 - 0.95 * y) - 2, 4, 4);
  }
}
