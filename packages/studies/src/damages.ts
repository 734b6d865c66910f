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

const problems = [
  { name: "cifar10", summary: "training images against others, whole and damaged" },
  { name: "mnist", summary: "the same with digits, for the estimate of missing modes", optional: true },
];

const ALL = "fid,kid,is,mode,coverage,prdc";

interface Pace extends Work {
  readonly name: string;
  readonly summary: string;
  /** Where nobody names problems or damages: other than all that are not optional. */
  readonly cells?: readonly { readonly problem: string; readonly damages: readonly string[] }[];
  /** By problem, in the place of `metrics`. */
  readonly metricsOf?: Readonly<Record<string, string>>;
}

/** A small judge of few steps. */
const judge = (channels: number) =>
  `net={"family":"dcgan","channels":${channels},"discriminatorNorm":"spectral"}`;

const paces: readonly Pace[] = [
  {
    name: "full",
    summary: "10,000 images of each set, by every metric that looks through the classifier",
    images: 10_000,
    reference: 10_000,
    heldOut: 0,
    metrics: ALL,
  },
  {
    name: "missing",
    summary: "classes left out of MNIST and CIFAR-10, by the estimate of missing modes",
    cells: [
      { problem: "mnist", damages: ["none", "one-class"] },
      { problem: "cifar10", damages: ["none", "two-classes"] },
    ],
    images: 15_000,
    reference: 26_000,
    heldOut: 5000,
    metrics: "",
    // Digits with the paper's noise; of such noise nothing is left of CIFAR-10's classes.
    metricsOf: {
      mnist: `missing:sigmas=[3.5],steps=400,${judge(16)}`,
      cifar10: `missing:sigmas=[0.3],steps=2400,mirror=true,holes=0,${judge(32)}`,
    },
  },
  {
    name: "glance",
    summary: "200 images of each set: to see that it runs, too few to conclude from",
    images: 200,
    reference: 200,
    heldOut: 100,
    metrics: `${ALL},missing:steps=2`.replace("kid", "kid:subsets=5,subsetSize=100"),
  },
];

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const pace = find("pace", paces, request.pace ?? paces[0]!.name);
  const { images, reference, heldOut, metrics, metricsOf } = pace;
  const chosen = choose("problem", problems, request.problems ?? pace.cells?.map(({ problem }) => problem));
  return Array.from({ length: request.seeds }, (_, seed) =>
    chosen.flatMap(({ name: problem }) => {
      const usual = pace.cells?.find((cell) => cell.problem === problem)?.damages;
      const work: Work = { images, reference, heldOut, metrics: metricsOf?.[problem] ?? metrics };
      return choose("damage", damages, request.methods ?? usual).map(({ name: method }) => ({
        problem,
        method,
        seed,
        work: work as unknown as JsonObject,
      }));
    }),
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
