import { resolve } from "node:path";
import { type JsonObject, UsageError } from "@gantry/gan";
import { datasets } from "@gantry/gan/data";
import type { Cell } from "@gantry/gan/sweep";
import { choose, find } from "./engine/choose.js";
import { defineStudy, type StudyRequest } from "./engine/study.js";
import { measure, type Result, type Work } from "./forgetting/measure.js";
import { report } from "./forgetting/report.js";

const problems = [
  { name: "cifar10", summary: "CIFAR-10, as in the paper; also any other labelled images, by name or path" },
  { name: "fashion-mnist", summary: "Fashion-MNIST", optional: true },
  { name: "mnist", summary: "MNIST", optional: true },
];

const methods = [
  { name: "plain", summary: "a discriminator's network as a classifier", beta: 0 },
  { name: "infomax", summary: "the same, regularized by InfoMax-GAN's objective (equation 4)", beta: 0.2 },
];

/** Networks and pace. The paper tells tasks of 1000 iterations; networks and batch are those of its GANs. */
const paces = [
  {
    name: "quick",
    summary: "a small convolutional network, tasks of 100 iterations, two cycles",
    work: {
      net: { family: "dcgan", options: { channels: 32, discriminatorNorm: "spectral" } },
      criticUnits: 256,
      iterations: 100,
      cycles: 2,
    },
  },
  {
    name: "paper",
    summary: "SNGAN's residual network, tasks of 1000 iterations, three cycles",
    work: {
      net: { family: "resnet", options: {} },
      criticUnits: 1024,
      iterations: 1000,
      cycles: 3,
    },
  },
] as const;

/** A problem's training and test images: by name, or by a path whose folders are `train` and `test`. */
async function dataOf(problem: string): Promise<Work["data"]> {
  const known = (await datasets.all()).has(problem);
  if (!known && !/[\\/.]/.test(problem)) find("problem", problems, problem);
  const named: JsonObject = known ? { name: problem } : { path: resolve(problem) };
  return { train: { ...named, split: "train" }, test: { ...named, split: "test" } };
}

/** What a problem is called in files. */
const nameOf = (problem: string): string =>
  problem
    .replace(/[\\/]+$/, "")
    .replace(/^.*[\\/]/, "")
    .replace(/\.\w+$/, "");

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const { work: pace } = find("pace", paces, request.pace ?? paces[0].name);
  if (request.seconds !== undefined)
    throw new UsageError(
      "the study forgetting goes by iterations of a task, not by seconds; give --iterations",
    );
  const chosen =
    request.problems ?? problems.filter(({ optional }) => optional !== true).map(({ name }) => name);
  const cells: Cell[] = [];
  for (let seed = 0; seed < request.seeds; seed++) {
    for (const problem of chosen) {
      const data = await dataOf(problem);
      for (const { name, beta } of choose("method", methods, request.methods)) {
        const { iterations = pace.iterations } = request;
        const work: Work = { data, ...pace, iterations, beta, batch: 64, learningRate: 2e-4, tested: 400 };
        cells.push({ problem: nameOf(problem), method: name, seed, work: work as unknown as JsonObject });
      }
    }
  }
  return cells;
}

export default defineStudy<Result>({
  name: "forgetting",
  summary:
    "what a discriminator keeps of one class against all others, class after class, with InfoMax and without",
  source: "Lee, Tran, Cheung 2021 (InfoMax-GAN), section 3.2 and figure 2",
  problems,
  methods,
  paces,
  seeds: 3,
  cells: cellsOf,
  measure,
  report,
});
