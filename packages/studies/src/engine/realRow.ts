// The data itself judged as if a generator had made it: what a perfect one would have.
import { evaluate, parseMetrics, validateConfig } from "@gantry/gan";
import { type Dataset, openDataset, Random } from "@gantry/gan/data";
import type { Cell } from "@gantry/gan/sweep";
import { asDataset } from "../damages/damages.js";
import type { PackedRun } from "./sweepStudy.js";

/** So many images of a data set, by chance. */
function drawn(dataset: Dataset, count: number, seed: number): Dataset {
  const random = new Random(seed);
  const chosen = Array.from({ length: count }, () => random.integer(dataset.count));
  return asDataset(`real images of ${dataset.name}`, dataset.read(chosen) as Uint8Array, dataset.shape);
}

/**
 * Judges as many real images as trainings of the cell's configuration would be judged by, and trains nothing.
 * @returns in the form of a run without iterations
 */
export async function measureReal({ work, method, seed }: Cell): Promise<PackedRun> {
  const config = await validateConfig(work.config);
  const { metrics, samples, network, resize } = config.evaluation ?? {};
  const dataset = await openDataset(config.data as Parameters<typeof openDataset>[0]);
  const report = await evaluate({
    subject: { kind: "dataset", dataset: drawn(dataset, samples ?? dataset.count, seed) },
    against: { kind: "dataset", dataset },
    ...(typeof metrics === "string" ? { metrics: parseMetrics(metrics) } : {}),
    ...(typeof network === "string" ? { network } : {}),
    ...(resize === undefined ? {} : { resize }),
    seed,
  });
  return {
    path: "",
    name: method,
    config: { ...config, steps: 0 },
    origin: {},
    status: "done",
    iteration: 0,
    imagesSeen: undefined,
    seconds: report.seconds,
    curves: [],
    scores: report.scores.map(({ name, better, value }) => ({
      name,
      better,
      value,
      deviation: null,
      repeats: 1,
      iteration: null,
      note: null,
      measured: {},
    })),
    sample: undefined,
  };
}
