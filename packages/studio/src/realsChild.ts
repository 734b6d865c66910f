// A process of its own: opens a data set, draws some of its images as a grid, and writes that to standard output.
import { pngGrid } from "@gantry/formats";
import { type DatasetSpec, openDataset } from "@gantry/gan/data";
import type { RealsRequest } from "./reals.js";

try {
  const { data, count } = JSON.parse(process.argv[2] ?? "") as RealsRequest;
  const dataset = await openDataset(data as DatasetSpec);
  if (dataset.kind !== "images") throw new Error("points are drawn behind the samples already");
  const [channels = 1, height = 1, width = 1] = dataset.shape;
  // From all over the set: its beginning may be all of one class.
  const places = Array.from({ length: Math.min(count, dataset.count) }, (_, i) =>
    Math.floor((i * dataset.count) / Math.min(count, dataset.count)),
  );
  const scale = Math.max(1, Math.floor(64 / height));
  const bytes = dataset.read(places) as Uint8Array;
  process.stdout.write(await pngGrid({ data: bytes, shape: [channels, height, width] }, { scale }));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
