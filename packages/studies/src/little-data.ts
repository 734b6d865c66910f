import { type JsonObject, parseTerm, resolveConfig, UsageError } from "@gantry/gan";
import { dataContext } from "@gantry/gan/data";
import { featureNetworks } from "@gantry/gan/metrics";
import type { Cell } from "@gantry/gan/sweep";
import { choose, find } from "./engine/choose.js";
import { openCifar10 } from "./engine/cifar10.js";
import { defineStudy, type StudyRequest } from "./engine/study.js";
import { measure, NETWORK, type Result, type Work } from "./little-data/measure.js";
import { methods } from "./little-data/methods.js";
import { report } from "./little-data/report.js";

interface Pace extends Omit<Work, "config"> {
  readonly name: string;
  readonly summary: string;
  readonly channels: number;
  readonly steps: number;
}

const paces: readonly Pace[] = [
  {
    name: "quick",
    summary: "1000 images, 32 channels, 2000 iterations of 64",
    images: 1000,
    channels: 32,
    steps: 2000,
    samples: 5000,
    tests: 10_000,
  },
  {
    name: "glance",
    summary: "100 images, 4 channels, 4 iterations: to see that it runs",
    images: 100,
    channels: 4,
    steps: 4,
    samples: 64,
    tests: 200,
  },
];

const problem = { name: "cifar10", summary: "a thousand images of CIFAR-10" };

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  if (request.seconds !== undefined)
    throw new UsageError("the study little-data goes by iterations, not by seconds; give --iterations");
  const { images, channels, samples, tests, ...pace } = find("pace", paces, request.pace ?? paces[0]!.name);
  const steps = request.iterations ?? pace.steps;
  if (steps % 2 === 1)
    throw new UsageError("the study little-data judges halfway: give an even --iterations");
  choose("problem", [problem], request.problems);
  const cells: Cell[] = [];
  for (let seed = 0; seed < request.seeds; seed++)
    for (const { name, with: term } of choose("method", methods, request.methods)) {
      const config = await resolveConfig({
        recipe: "dcgan",
        with: term === undefined ? [] : [parseTerm(term)],
        settings: [
          { data: null },
          { data: { name: "cifar10" }, net: { channels }, batch: 64, steps, seed, threads: 1 },
          { intervals: { checkpoint: steps / 2, log: Math.min(100, steps) } },
        ],
      });
      const work = { config, images, samples, tests } as unknown as JsonObject;
      cells.push({ problem: problem.name, method: name, seed, work });
    }
  return cells;
}

export default defineStudy<Result>({
  name: "little-data",
  summary: "what helps where there are few images: augmentations and the like on a thousand of CIFAR-10",
  source: "Gantry's own, after Zhao et al. 2020 and Karras et al. 2020",
  problems: [problem],
  methods,
  paces,
  seeds: 3,
  cells: cellsOf,
  async prepare() {
    // What is missing is told before anything is trained.
    (await (await featureNetworks.get(NETWORK)).open(dataContext())).dispose();
    await openCifar10("train", 1000);
  },
  measure,
  report,
});
