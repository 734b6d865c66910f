import { type JsonObject, resolveConfig } from "@gantry/gan";
import { openDataset } from "@gantry/gan/data";
import type { Cell } from "@gantry/gan/sweep";
import { choose, find } from "./engine/choose.js";
import { defineStudy, type Preparation, type StudyRequest } from "./engine/study.js";
import { prepareJudge } from "./stacked-mnist/judge.js";
import { measure, type Result, type Work } from "./stacked-mnist/measure.js";
import { methods } from "./stacked-mnist/methods.js";
import { report } from "./stacked-mnist/report.js";

const problems = [
  { name: "stacked-mnist", summary: "three digits as the channels of an image of 28 pixels: 1000 modes" },
];

const paces = [
  {
    name: "paper",
    summary: "VEEGAN's protocol as PacGAN's code has it, 64 channels, cut short by the time",
    channels: 64,
  },
  { name: "quick", summary: "the same networks with 32 channels", channels: 32 },
] as const;

/** Processor seconds of each training where nobody asks for iterations: 20 minutes. */
const SECONDS = 1200;
/** Samples that are judged, as in the papers. */
const JUDGED = 26_000;
/** Images (packs, for PacGAN) of a batch. */
const BATCH = 64;

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const { channels } = find("pace", paces, request.pace ?? paces[0].name);
  choose("problem", problems, request.problems);
  const seconds = request.seconds ?? (request.iterations === undefined ? SECONDS : null);
  const cells: Cell[] = [];
  for (let seed = 0; seed < request.seeds; seed++) {
    for (const { name, terms, pack = 1 } of choose("method", methods, request.methods)) {
      const config =
        terms === undefined
          ? null
          : await resolveConfig({
              recipe: "pac-dcgan",
              settings: [
                { terms: { "non-saturating": null, packing: null } },
                { terms, net: { channels }, data: { seed }, batch: BATCH * pack },
                { threads: 1, seed, intervals: { log: 1_000_000_000 } },
                request.iterations === undefined ? {} : { steps: request.iterations },
              ],
            });
      const work: Work = { config, seconds: config === null ? null : seconds, samples: JUDGED };
      cells.push({ problem: "stacked-mnist", method: name, seed, work: work as unknown as JsonObject });
    }
  }
  return cells;
}

async function prepare(preparation: Preparation): Promise<void> {
  // What is missing is told before anything is trained.
  await openDataset({ name: "stacked-mnist", count: 1 });
  await prepareJudge(preparation);
}

export default defineStudy<Result>({
  name: "stacked-mnist",
  summary: "modes of 1000 covered on stacked MNIST, by every remedy with the same networks and the same time",
  source: "PacGAN, section 4.2; VEEGAN; IVGAN, table 2",
  problems,
  methods,
  paces,
  seeds: 1,
  endsItself: true,
  cells: cellsOf,
  prepare,
  measure,
  report,
});
