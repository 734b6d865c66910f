import { pngGrid, svgToPng } from "@gantry/formats";
import { scope, type Tensor } from "@gantry/torch";
import { type Dataset, isPoints } from "../data/index.js";
import { scatter } from "../figures/scatter.js";

/** [-1, 1] to bytes, as a grid or an image file wants them. */
export function toBytes(images: Tensor): Uint8Array {
  return scope(() =>
    images.detach().add(1).mul(127.5).round().clamp(0, 255).toCopy({ dtype: "uint8" }).toTypedArray(),
  ) as Uint8Array;
}

/**
 * A picture of images N,C,H,W in [-1, 1], or of points N,2 over the data's own.
 * @returns PNG
 */
export async function drawSamples(
  { dataset }: { readonly dataset: Dataset },
  samples: Tensor,
): Promise<Uint8Array> {
  if (dataset.kind === "images") {
    return await grid(toBytes(samples), dataset.shape);
  }
  const real = firstPoints(dataset);
  const fake = samples.toTypedArray() as Float32Array;
  const marks = isPoints(dataset) ? dataset.modes.map(({ mean, std }) => markOf(mean, std, fake)) : [];
  return svgToPng(
    scatter(
      [
        { points: real, ...REALS },
        { points: fake, colour: "#1f5fbf", opacity: 0.5 },
      ],
      { marks },
    ),
  );
}

/**
 * A picture of a data set: images spread evenly over it, or its points.
 * @param count of images, at most
 * @returns PNG
 */
export async function drawReals(dataset: Dataset, count: number): Promise<Uint8Array> {
  if (dataset.kind === "points") return svgToPng(scatter([{ points: firstPoints(dataset), ...REALS }]));
  const length = Math.min(count, dataset.count);
  const shown = Array.from({ length }, (_, i) => Math.floor((i * dataset.count) / length));
  return await grid(dataset.read(shown) as Uint8Array, dataset.shape);
}

const REALS = { colour: "#9a9a9a", opacity: 0.35 } as const;

function firstPoints(dataset: Dataset): Float32Array {
  const shown = Array.from({ length: Math.min(dataset.count, 2500) }, (_, i) => i);
  return dataset.read(shown) as Float32Array;
}

/** Small images are enlarged. */
async function grid(data: Uint8Array, shape: readonly number[]): Promise<Uint8Array> {
  const [channels = 1, height = 1, width = 1] = shape;
  const scale = Math.max(1, Math.floor(64 / height));
  return await pngGrid({ data, shape: [channels, height, width] }, { scale });
}

/** A mode's circle of three standard deviations; hit when a sample lies in it. */
function markOf(mean: readonly number[], std: number, samples: Float32Array) {
  const [x = 0, y = 0] = mean;
  let hit = false;
  for (let i = 0; i + 1 < samples.length && !hit; i += 2) {
    hit = Math.hypot((samples[i] as number) - x, (samples[i + 1] as number) - y) < 3 * std;
  }
  return { x, y, radius: 3 * std, hit };
}
