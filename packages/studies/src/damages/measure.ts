import { pngGrid } from "@gantry/formats";
import { type EvaluationReport, evaluate, parseMetrics, type ReportedScore } from "@gantry/gan";
import { type Dataset, openDataset, Random } from "@gantry/gan/data";
import type { Cell } from "@gantry/gan/sweep";
import { find } from "../engine/choose.js";
import { openCifar10 } from "../engine/cifar10.js";
import type { Workplace } from "../engine/study.js";
import { asDataset, damages } from "./damages.js";

/** The network that every metric looks through. */
export const NETWORK = "cifar10-cnn";
const NETWORKS: Readonly<Record<string, string>> = { cifar10: NETWORK, mnist: "digits-cnn" };
/** Images of a picture: one row. */
const SHOWN = 12;

/** What a cell is given to do, beside its seed. Plain JSON. */
export interface Work {
  /** Images of the set that is judged. */
  readonly images: number;
  /** Images of the reference. */
  readonly reference: number;
  /** Held-out images for the estimate of missing modes to judge; 0 without it. */
  readonly heldOut: number;
  readonly metrics: string;
}

/** What one score of the estimate of missing modes calls missing. */
export interface Called {
  /** `missing-3.5` */
  readonly name: string;
  /** Share of the held-out images that are called missing. */
  readonly called: number;
  /** Share of those called that are of the classes left out; null where none is called, or no class was left out. */
  readonly right: number | null;
  /** Share of the held-out images of those classes that are called; null where none was left out. */
  readonly found: number | null;
}

export interface Result {
  /** Undefined without the estimate of missing modes. */
  readonly called?: readonly Called[];
  /** What it calls missing, PNG, base64, by score. */
  readonly missing?: Readonly<Record<string, string>>;
  readonly scores: readonly Pick<ReportedScore, "name" | "value" | "better" | "samples" | "conventions">[];
  /** Undefined where no metric looks through it. */
  readonly network?: EvaluationReport["networks"][number];
  readonly seconds: number;
  /** A PNG picture of some images, base64. */
  readonly picture: string;
}

/** The two splits of a problem's data. */
export async function openSets(problem: string, least: number): Promise<{ train: Dataset; test: Dataset }> {
  const open = (split: "train" | "test", count: number) =>
    problem === "mnist" ? openDataset({ name: "mnist", split }) : openCifar10(split, count);
  return { train: await open("train", least), test: await open("test", 200) };
}

/** Judges one damaged set against training images that it has none of. */
export async function measure(cell: Cell, { tell }: Workplace): Promise<Result> {
  const { images, reference, heldOut, metrics } = cell.work as unknown as Work;
  const { train, test } = await openSets(cell.problem, images + reference + heldOut);
  const order = Uint32Array.from({ length: train.count }, (_, i) => i);
  new Random(cell.seed).shuffle(order);
  const part = (name: string, start: number, end: number): Dataset => {
    const indices = order.subarray(start, end);
    const { classes } = train;
    const known = { classes, labels: train.labels(indices) };
    return asDataset(name, train.read(indices) as Uint8Array, train.shape, known);
  };
  const damage = find("damage", damages, cell.method);
  const pool = { train, indices: order.subarray(reference + heldOut), test };
  const judged = part(`${cell.problem} held out`, reference, reference + heldOut);
  const pictures: Record<string, string> = {};
  const data = damage.make(pool, images, cell.seed);
  let told = 0;
  const report = await evaluate(
    {
      subject: {
        kind: "dataset",
        dataset: asDataset(`${damage.name} of ${cell.problem}`, data, train.shape),
      },
      against: { kind: "dataset", dataset: part(`${cell.problem} train`, 0, reference) },
      ...(heldOut === 0
        ? {}
        : {
            test: { kind: "dataset", dataset: judged } as const,
          }),
      metrics: parseMetrics(metrics),
      network: NETWORKS[cell.problem] ?? NETWORK,
      seed: cell.seed,
    },
    {
      onPicture: (name, png) => {
        pictures[name] = Buffer.from(png).toString("base64");
      },
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
  const left = new Set(damage.leftOut?.(train, cell.seed));
  const called = report.scores.flatMap(({ name, detail }): Called[] => {
    const positions = detail?.positions;
    if (positions === undefined) return [];
    const labels = judged.labels(Uint32Array.from({ length: heldOut }, (_, i) => i)) as Int32Array;
    const right = positions.filter((place) => left.has(labels[place] ?? -1)).length;
    const all = labels.filter((label) => left.has(label)).length;
    return [
      {
        name,
        called: positions.length / heldOut,
        right: left.size === 0 || positions.length === 0 ? null : right / positions.length,
        found: left.size === 0 ? null : right / all,
      },
    ];
  });
  return {
    ...(called.length === 0 ? {} : { called, missing: pictures }),
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
