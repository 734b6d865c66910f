import type { JsonObject } from "@gantry/gan";
import type { Cell } from "@gantry/gan/sweep";
import { measure, type Result, type Work } from "./contrastive/measure.js";
import { report } from "./contrastive/report.js";
import { choose, find } from "./engine/choose.js";
import { openCifar10 } from "./engine/cifar10.js";
import { defineStudy, type StudyRequest } from "./engine/study.js";

const problems = [{ name: "cifar10", summary: "learned on training images, asked about test images" }];

const methods = [{ name: "metric", summary: "the network and the task of the metric contrastive" }];

interface Pace extends Work {
  readonly name: string;
  readonly summary: string;
}

const paces: readonly Pace[] = [
  {
    name: "full",
    summary: "800 steps as the metric has them, 1000 test images of each class",
    steps: 800,
    batch: 64,
    each: 1000,
    copies: 128,
  },
  {
    name: "glance",
    summary: "3 steps, 16 images of each class: to see that it runs, too few to conclude from",
    steps: 3,
    batch: 16,
    each: 16,
    copies: 32,
  },
];

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const pace = find("pace", paces, request.pace ?? paces[0]!.name);
  choose("problem", problems, request.problems);
  choose("method", methods, request.methods);
  const { batch, each, copies } = pace;
  const work: Work = { steps: request.iterations ?? pace.steps, batch, each, copies };
  return Array.from({ length: request.seeds }, (_, seed) => ({
    problem: "cifar10",
    method: "metric",
    seed,
    work: work as unknown as JsonObject,
  }));
}

export default defineStudy<Result>({
  name: "contrastive",
  summary: "how often the contrastive task is solved for all classes, for one, for one image: mode collapse",
  source: "Lee, Tran, Cheung 2021 (InfoMax-GAN), section 3.3 and figure 3",
  problems,
  methods,
  paces,
  seeds: 3,
  cells: cellsOf,
  async prepare() {
    // What is missing is told before anything is measured.
    await openCifar10("train", 600);
  },
  measure,
  report,
});
