import { type JsonObject, resolveConfig, UsageError } from "@gantry/gan";
import { dataContext } from "@gantry/gan/data";
import { featureNetworks } from "@gantry/gan/metrics";
import type { Cell } from "@gantry/gan/sweep";
import { choose, find } from "./engine/choose.js";
import { openCifar10 } from "./engine/cifar10.js";
import { defineStudy, type StudyRequest } from "./engine/study.js";
import { measure, NETWORK, type Result, type Work } from "./precision/measure.js";
import { methods } from "./precision/methods.js";
import { report } from "./precision/report.js";

const problems = [{ name: "cifar10", summary: "SNGAN on CIFAR-10" }];

/** Training images of CIFAR-10: fewer are an excerpt. */
const TRAINING_IMAGES = 50_000;

const paces = [
  {
    name: "full",
    summary: "64 channels, 3000 iterations: some ten hours of two processors for three seeds",
    channels: 64,
    steps: 3000,
    every: 250,
    samples: 10_000,
  },
  {
    name: "quick",
    summary: "16 channels, 400 iterations: too few to conclude much from",
    channels: 16,
    steps: 400,
    every: 100,
    samples: 2000,
  },
] as const;

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const pace = find("pace", paces, request.pace ?? paces[0].name);
  if (request.seconds !== undefined)
    throw new UsageError("the study precision goes by iterations, not by seconds; give --iterations");
  choose("problem", problems, request.problems);
  const until = request.iterations ?? pace.steps;
  const cells: Cell[] = [];
  for (let seed = 0; seed < request.seeds; seed++) {
    for (const { name } of choose("method", methods, request.methods)) {
      const config = await resolveConfig({
        recipe: "sngan",
        settings: [
          { net: { channels: pace.channels }, precision: name, threads: 1, seed },
          { steps: Math.max(pace.steps, until), intervals: { log: 1_000_000_000 } },
        ],
      });
      const { every, samples } = pace;
      const work: Work = { config, until, every, samples, least: TRAINING_IMAGES };
      cells.push({ problem: "cifar10", method: name, seed, work: work as unknown as JsonObject });
    }
  }
  return cells;
}

export default defineStudy<Result>({
  name: "precision",
  summary: "whether training in bfloat16 costs quality: SNGAN's FID on CIFAR-10 in float32 and in bfloat16",
  source: "Gantry's own",
  problems,
  methods,
  paces,
  seeds: 3,
  keepsWork: true,
  endsItself: true,
  cells: cellsOf,
  async prepare() {
    // What is missing is told before anything is trained.
    (await (await featureNetworks.get(NETWORK)).open(dataContext())).dispose();
    await openCifar10("train", TRAINING_IMAGES);
  },
  measure,
  report,
});
