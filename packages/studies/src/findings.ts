import { type JsonObject, resolveConfig, UsageError } from "@gantry/gan";
import type { Cell } from "@gantry/gan/sweep";
import { choose, find } from "./engine/choose.js";
import { defineStudy, type StudyRequest } from "./engine/study.js";
import { type Fault, faults } from "./findings/faults.js";
import { measure, READINGS, type Result } from "./findings/measure.js";
import { type Problem, problems } from "./findings/problems.js";
import { report } from "./findings/report.js";

const HEALTHY = "healthy";
/** Seeds of the study begin here. */
const FIRST_SEED = 200;

const methods = [{ name: HEALTHY, summary: "nothing is wrong" }, ...faults];

async function configOf({ recipe, preset, settings }: Problem, fault: Fault | undefined, seed: number) {
  const config = await resolveConfig({
    recipe,
    preset,
    settings: [...settings, ...(fault?.settings ?? []), { seed, threads: 1 }],
  });
  return { ...config, intervals: { ...config.intervals, log: Math.ceil(config.steps / (2 * READINGS)) } };
}

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  if (request.seconds !== undefined)
    throw new UsageError("the study findings goes by iterations, not by seconds; give --iterations");
  const chosen = choose("problem", problems, request.problems);
  const wanted = choose("method", methods, request.methods).map(({ name }) => name);
  const cells: Cell[] = [];
  const add = async (problem: Problem, fault: Fault | undefined, seed: number) => {
    const config = await configOf(problem, fault, FIRST_SEED + seed);
    const { iterations } = request;
    const work = {
      config: { ...config, ...(iterations === undefined ? {} : { steps: iterations }) },
      data: fault?.data ?? null,
    };
    cells.push({
      problem: problem.name,
      method: fault?.name ?? HEALTHY,
      seed: FIRST_SEED + seed,
      work: work as unknown as JsonObject,
    });
  };
  for (const problem of chosen)
    for (let seed = 0; wanted.includes(HEALTHY) && seed < request.seeds * problem.healthy; seed++)
      await add(problem, undefined, seed);
  for (const fault of faults.filter(({ name }) => wanted.includes(name)))
    for (const [name, seeds] of Object.entries(fault.on))
      if (chosen.some((problem) => problem.name === name))
        for (let seed = 0; seed < request.seeds * seeds; seed++)
          await add(find("problem", problems, name), fault, seed);
  return cells;
}

export default defineStudy<Result>({
  name: "findings",
  summary: "findings as a detector: trainings made to fail in known ways, and healthy ones",
  source: "Gantry's own",
  problems,
  methods,
  paces: [{ name: "quick", summary: "small networks, some hundred iterations" }],
  // Of each problem and fault as many as it says; twice as many with 2.
  seeds: 1,
  cells: cellsOf,
  measure,
  report,
});
