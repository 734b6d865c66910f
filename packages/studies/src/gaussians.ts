import { type JsonObject, resolveConfig, UsageError } from "@gantry/gan";
import type { Cell } from "@gantry/gan/sweep";
import { choose, find } from "./engine/choose.js";
import { defineStudy, type StudyRequest } from "./engine/study.js";
import { measure, type Result } from "./gaussians/measure.js";
import { methods } from "./gaussians/methods.js";
import { paces, problems } from "./gaussians/problems.js";
import { report } from "./gaussians/report.js";

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  const pace = find("pace", paces, request.pace ?? "quick").name;
  if (request.seconds !== undefined)
    throw new UsageError("the study gaussians goes by iterations, not by seconds; give --iterations");
  const chosenProblems = choose("problem", problems, request.problems);
  const chosenMethods = choose("method", methods, request.methods);
  const cells: Cell[] = [];
  // Seed by seed, so that a study that is cut short has something of everything.
  for (let seed = 0; seed < request.seeds; seed++) {
    for (const problem of chosenProblems) {
      for (const method of chosenMethods) {
        if (method.objection?.(problem) !== undefined) continue;
        const iterations = request.iterations ?? problem.iterations[pace];
        const config = await resolveConfig({
          recipe: "gan",
          settings: [
            { net: { prior: problem.latent }, data: problem.data },
            problem.settings[pace],
            { terms: method.terms(problem, pace), batch: 100 * (method.pack ?? 1) },
            { steps: iterations, threads: 1, seed, intervals: { log: 1_000_000_000 } },
          ],
        });
        const work = { pace, config: config as unknown as JsonObject };
        cells.push({ problem: problem.name, method: method.name, seed, work });
      }
    }
  }
  return cells;
}

export default defineStudy<Result>({
  name: "gaussians",
  summary: "modes covered on rings and a grid of Gaussians, by every method that applies",
  source:
    "PacGAN, section 4.1; Mode Regularized GAN, appendix C; Adaptive Weighted Discriminator, section 5.3",
  problems,
  methods,
  paces,
  seeds: 5,
  cells: cellsOf,
  measure,
  report,
});
