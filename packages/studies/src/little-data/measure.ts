import { pngGrid } from "@gantry/formats";
import { type Config, evaluate, parseMetrics, validateConfig } from "@gantry/gan";
import type { Cell } from "@gantry/gan/sweep";
import { locateZip, openCifar10 } from "../engine/cifar10.js";
import type { Workplace } from "../engine/study.js";
import { joined, sampling, trainedRun } from "../engine/trainedRun.js";

/** The classifier that FID looks through: what trained on a thousand images cannot be judged by less. */
export const NETWORK = "cifar10-cnn";

/** What a cell is given to do, beside its seed. */
export interface Work {
  /** Its data are all of CIFAR-10's training images: the zip, where that is what lies here, is put in their place. */
  readonly config: Config;
  /** Images that it is trained on. */
  readonly images: number;
  /** Samples judged, and test images that they are judged against. */
  readonly samples: number;
  readonly tests: number;
}

/** A score over the training. */
export interface Scored {
  readonly iteration: number;
  /** FID of the samples against test images. */
  readonly fid: number;
}

export interface Result {
  readonly scores: readonly Scored[];
  /** A row of samples as PNG, base64. */
  readonly picture: string;
}

/** Samples in a picture. */
const SHOWN = 12;

/** Trains on few images, and judges halfway and at the end against images that it never saw. */
export async function measure({ method, seed, work }: Cell, workplace: Workplace): Promise<Result> {
  const { config: given, images, samples, tests } = work as unknown as Work;
  const zip = await locateZip();
  const data = {
    ...(zip === undefined ? { name: "cifar10" } : { path: zip }),
    split: "train",
    limit: images,
  } as unknown as Config["data"];
  const config = await validateConfig({ ...given, data });
  const path = await trainedRun(config, method, workplace);
  const reals = await openCifar10("test", tests);
  const scores: Scored[] = [];
  for (const iteration of [config.steps / 2, config.steps]) {
    const { scores: found } = await evaluate({
      subject: { kind: "run", path, iteration },
      against: { kind: "dataset", dataset: reals },
      metrics: parseMetrics("fid"),
      network: NETWORK,
      samples,
      seed,
    });
    scores.push({ iteration, fid: found[0]!.value });
  }
  const shown = await sampling(path, {}, (sampler) => joined(sampler.samples(sampler.latents(SHOWN, seed))));
  const bytes = Uint8Array.from(shown, (value) =>
    Math.max(0, Math.min(255, Math.round(127.5 * (value + 1)))),
  );
  const shape = reals.shape as [number, number, number];
  const png = await pngGrid({ data: bytes, shape }, { columns: SHOWN, scale: 2 });
  return { scores, picture: Buffer.from(png).toString("base64") };
}
