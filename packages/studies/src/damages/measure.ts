import { pngGrid } from "@gantry/formats";
import { type EvaluationReport, evaluate, parseMetrics, type ReportedScore } from "@gantry/gan";
import { type Dataset, Random } from "@gantry/gan/data";
import type { Cell } from "@gantry/gan/sweep";
import { find } from "../engine/choose.js";
import { openCifar10 } from "../engine/cifar10.js";
import type { Workplace } from "../engine/study.js";
import { asDataset, damages } from "./damages.js";

/** The network that every metric looks through. */
export const NETWORK = "cifar10-cnn";
/** Images of a picture: one row. */
const SHOWN = 12;

/** What a cell is given to do, beside its seed. Plain JSON. */
export interface Work {
  /** Images of the reference, and of the set that is judged. */
  readonly images: number;
  /** Held-out images for the estimate of missing modes to judge; 0 without it. */
  readonly heldOut: number;
  readonly metrics: string;
}

export interface Result {
  readonly scores: readonly Pick<ReportedScore, "name" | "value" | "better" | "samples" | "conventions">[];
  /** Undefined where no metric looks through it. */
  readonly network?: EvaluationReport["networks"][number];
  readonly seconds: number;
  /** A PNG picture of some images, base64. */
  readonly picture: string;
}

/** Judges one damaged set against training images that it has none of. */
export async function measure(cell: Cell, { tell }: Workplace): Promise<Result> {
  const { images, heldOut, metrics } = cell.work as unknown as Work;
  const train = await openCifar10("train", 3 * images);
  const test = await openCifar10("test", images);
  const order = Uint32Array.from({ length: train.count }, (_, i) => i);
  new Random(cell.seed).shuffle(order);
  const part = (name: string, start: number, end: number): Dataset =>
    asDataset(name, train.read(order.subarray(start, end)) as Uint8Array, train.shape);
  const damage = find("damage", damages, cell.method);
  const pool = { train, indices: order.subarray(images + heldOut), test };
  const data = damage.make(pool, images, cell.seed);
  let told = 0;
  const report = await evaluate(
    {
      subject: { kind: "dataset", dataset: asDataset(`${damage.name} of cifar10`, data, train.shape) },
      against: { kind: "dataset", dataset: part("cifar10 train", 0, images) },
      ...(heldOut === 0
        ? {}
        : {
            test: { kind: "dataset", dataset: part("cifar10 held out", images, images + heldOut) } as const,
          }),
      metrics: parseMetrics(metrics),
      network: NETWORK,
      seed: cell.seed,
    },
    {
      onProgress({ what, done, total }) {
        if (performance.now() - told < 30_000) return;
        told = performance.now();
        tell(`${what}: ${done} of ${total}`);
      },
    },
  );
  const shape = train.shape as [number, number, number];
  const shown = data.subarray(0, SHOWN * shape[0] * shape[1] * shape[2]);
  const png = await pngGrid({ data: shown, shape }, { columns: SHOWN, scale: 2 });
  return {
    scores: report.scores.map(({ name, value, better, samples, conventions }) => ({
      name,
      value,
      better,
      samples,
      conventions,
    })),
    ...(report.networks[0] === undefined ? {} : { network: report.networks[0] }),
    seconds: report.seconds,
    picture: Buffer.from(png).toString("base64"),
  };
}
