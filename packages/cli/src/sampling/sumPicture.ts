import type { Exemplars, Sampler } from "@gantry/gan";
import { openPoints } from "./files.js";

/** A sum of latents, drawn: all samples one after the other. */
export interface DrawnSum {
  readonly groups: readonly Exemplars[];
  /** Of every group, one group after the other. */
  readonly exemplars: Float32Array;
  /** Of every group's mean. */
  readonly means: Float32Array;
  /** Of the sum, and of latents near it. */
  readonly results: Float32Array;
}

/** `+ 1, 2, 3` */
export const describeGroup = ({ sign, places }: Exemplars): string =>
  `${sign > 0 ? "+" : "\u2212"} ${places.join(", ")}`;

/** Side of an image in the picture, where it is smaller; enlarged by a whole factor. */
const SIDE = 64;

/** A picture as a sum is written: a row for each mean, its exemplars beside it, and below the result with its neighbours. */
export async function sumPicture(sampler: Sampler, sum: DrawnSum): Promise<Uint8Array> {
  return await (sampler.data.kind === "points" ? pointPicture : imagePicture)(sampler, sum);
}

async function imagePicture(sampler: Sampler, sum: DrawnSum): Promise<Uint8Array> {
  const { panels } = await import("@gantry/gan/figures");
  const { pngGrid, svgToPng } = await import("@gantry/formats");
  const { toBytes } = await import("@gantry/gan");
  const { scope, torch } = await import("@gantry/torch");
  const [channels = 0, height = 0, width = 0] = sampler.data.shape;
  const scale = Math.max(1, Math.floor(SIDE / height));
  const pictures = async (data: Float32Array): Promise<string[]> => {
    const size = channels * height * width;
    const bytes = scope(() => toBytes(torch.fromTypedArray(data)));
    return await Promise.all(
      Array.from({ length: data.length / size }, async (_, i) => {
        const pixels = {
          data: bytes.subarray(i * size, (i + 1) * size),
          shape: [channels, height, width],
        } as const;
        const png = await pngGrid(pixels, { columns: 1, padding: 0, scale });
        return `<image width="${width * scale}" height="${height * scale}" href="data:image/png;base64,${Buffer.from(png).toString("base64")}"/>`;
      }),
    );
  };
  const [exemplars, means, results] = [
    await pictures(sum.exemplars),
    await pictures(sum.means),
    await pictures(sum.results),
  ];
  let at = 0;
  const rows = sum.groups.map((group, i) => {
    const own = exemplars.slice(at, at + group.places.length);
    at += own.length;
    return { name: describeGroup(group), pictures: [means[i], ...own] };
  });
  const columns = Math.max(results.length, ...rows.map((row) => row.pictures.length));
  const svg = panels(
    {
      columns: ["mean", ...Array.from({ length: columns - 1 }, (_, i) => (i === 0 ? "exemplars" : ""))],
      rows: [...rows, { name: "= and near it", pictures: results }],
    },
    { size: height * scale },
  );
  return await svgToPng(svg);
}

/** Exemplars small, means large, of each group in a colour; the result largest, black, over the data. */
async function pointPicture(sampler: Sampler, sum: DrawnSum): Promise<Uint8Array> {
  const { lineColour, scatter } = await import("@gantry/gan/figures");
  const { svgToPng } = await import("@gantry/formats");
  const dataset = await openPoints(sampler);
  const real = dataset.read(Array.from({ length: Math.min(dataset.count, 2500) }, (_, i) => i));
  let at = 0;
  const groups = sum.groups.flatMap(({ places }, i) => {
    const own = sum.exemplars.subarray(2 * at, 2 * (at + places.length));
    at += places.length;
    const colour = lineColour(i);
    return [
      { points: own, colour, radius: 3, opacity: 0.6 },
      { points: sum.means.subarray(2 * i, 2 * i + 2), colour, radius: 7, opacity: 1 },
    ];
  });
  return await svgToPng(
    scatter([
      { points: real, colour: "#9a9a9a", opacity: 0.35 },
      ...groups,
      { points: sum.results.subarray(2), colour: "#111111", radius: 2, opacity: 0.6 },
      { points: sum.results.subarray(0, 2), colour: "#111111", radius: 8, opacity: 1 },
    ]),
  );
}
