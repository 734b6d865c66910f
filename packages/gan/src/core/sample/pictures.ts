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
    const [channels, height, width] = dataset.shape as [number, number, number];
    const scale = Math.max(1, Math.floor(64 / height));
    return pngGrid({ data: toBytes(samples), shape: [channels, height, width] }, { scale });
  }
  const shown = Array.from({ length: Math.min(dataset.count, 2500) }, (_, i) => i);
  const real = dataset.read(shown) as Float32Array;
  const fake = samples.toTypedArray() as Float32Array;
  const marks = isPoints(dataset) ? dataset.modes.map(({ mean, std }) => markOf(mean, std, fake)) : [];
  return svgToPng(
    scatter(
      [
        { points: real, colour: "#9a9a9a", opacity: 0.35 },
        { points: fake, colour: "#1f5fbf", opacity: 0.5 },
      ],
      { marks },
    ),
  );
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
