import type { JsonObject } from "@gantry/gan";
import { dataContext } from "@gantry/gan/data";
import { featureNetworks } from "@gantry/gan/metrics";
import type { Cell } from "@gantry/gan/sweep";
import { damages } from "./damages/damages.js";
import { measure, NETWORK, type Result, type Work } from "./damages/measure.js";
import { report } from "./damages/report.js";
import { choose, find } from "./engine/choose.js";
import { openCifar10 } from "./engine/cifar10.js";
import { defineStudy, type StudyRequest } from "./engine/study.js";

const problems = [{ name: "cifar10", summary: "training images against others, whole and damaged" }];

const ALL = "fid,kid,is,mode,coverage,prdc";

interface Pace extends Work {
  readonly name: string;
  readonly summary: string;
}

const paces: readonly Pace[] = [
  {
    name: "full",
    summary: "10,000 images of each set, by every metric that looks through the classifier",
    images: 10_000,
    heldOut: 0,
    metrics: ALL,
  },
  {
    name: "missing",
    summary: "10,000 images of each set, by the estimate of missing modes: hours of processor time",
    images: 10_000,
    heldOut: 2000,
    metrics: "missing",
  },
  {
    name: "glance",
    summary: "200 images of each set: to see that it runs, too few to conclude from",
    images: 200,
    heldOut: 100,
    metrics: `${ALL},missing:steps=2`.replace("kid", "kid:subsets=5,subsetSize=100"),
  },
];

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const { images, heldOut, metrics } = find("pace", paces, request.pace ?? paces[0]!.name);
  choose("problem", problems, request.problems);
  const work: Work = { images, heldOut, metrics };
  return Array.from({ length: request.seeds }, (_, seed) =>
    choose("damage", damages, request.methods).map(({ name }) => ({
      problem: "cifar10",
      method: name,
      seed,
      work: work as unknown as JsonObject,
    })),
  ).flat();
}

export default defineStudy<Result>({
  name: "damages",
  summary:
    "which metric sees which damage: CIFAR-10 blurred, with noise, with classes left out, with duplicates",
  source: "Gantry's own, after Heusel et al. 2017, figure 3, and Che et al. 2017, section 3.4",
  problems,
  methods: damages,
  paces,
  seeds: 3,
  cells: cellsOf,
  async prepare() {
    // What is missing is told before anything is measured.
    (await (await featureNetworks.get(NETWORK)).open(dataContext())).dispose();
    await openCifar10("train", 600);
  },
  measure,
  report,
});
