import type { JsonObject, Named } from "@gantry/gan";
import { UsageError } from "@gantry/gan";
import { type Cell, type Done, isDone } from "@gantry/gan/sweep";
import { choose, find } from "./choose.js";
import { failedOf, type ResultPage, resultPage } from "./page.js";
import { type PaperKey, titleOf } from "./papers.js";
import { defineStudy, type Study, type Workplace } from "./study.js";

/** How much is done. The first pace is the default; where there is one, both names mean it. */
export interface Pace<Work> extends Named {
  readonly name: "quick" | "paper";
  readonly work: Work;
}

/** One of the things compared, or tried. */
export interface Case<Own> extends Named {
  readonly own: Own;
}

/** What one cell of {@link PaperStudy} measures. */
export interface Asked<Own, Work> {
  readonly own: Own;
  readonly work: Work;
  readonly seed: number;
  readonly workplace: Workplace;
}

/** A table or figure of a text whose cells are no runs: every case with every seed. */
export interface PaperStudy<Own, Work, Result> extends Named {
  readonly paper: PaperKey;
  readonly shows: string;
  readonly claims: readonly string[];
  /** Repetitions where nobody says how many. */
  readonly seeds: number;
  readonly cases: readonly Case<Own>[];
  readonly paces: readonly Pace<Work>[];
  /** The pace's work with as many iterations as were asked for; undefined for studies without iterations. */
  iterations?(work: Work, iterations: number): Work;
  prepare?: Study["prepare"];
  /**
   * Measures one case with one seed, in a process of its own.
   * @returns plain JSON
   */
  measure(asked: Asked<Own, Work>): Promise<Result>;
  /** Sums up. What failed and the pace are put on the page by the engine. */
  read(results: Results<Result>, work: Work): Omit<ResultPage, "pace" | "failed">;
}

/** Results by case, over seeds. */
export class Results<Result> {
  readonly #done: readonly Done<Result>[];

  constructor(done: readonly Done<Result>[]) {
    this.#done = [...done].sort((a, b) => a.cell.seed - b.cell.seed);
  }

  /** The results of a case in the order of seeds. */
  of(name: string): Result[] {
    return this.#done.filter(({ cell }) => cell.method === name).map(({ result }) => result);
  }

  /** Numbers of a case, one a seed. */
  numbers(name: string, pick: (result: Result) => number): number[] {
    return this.of(name).map(pick);
  }

  /** Numbers of two cases, of the seeds that both have: for what is paired. */
  pairs(a: string, b: string, pick: (result: Result) => number): [number[], number[]] {
    const by = (name: string) =>
      new Map(this.#done.flatMap(({ cell, result }) => (cell.method === name ? [[cell.seed, result]] : [])));
    const [ones, others] = [by(a), by(b)];
    const seeds = [...ones.keys()].filter((seed) => others.has(seed));
    return [seeds.map((seed) => pick(ones.get(seed)!)), seeds.map((seed) => pick(others.get(seed)!))];
  }
}

/** Where the only pace is `quick`, it is the paper's as well. */
const withBoth = <Work>(paces: readonly Pace<Work>[]): readonly Pace<Work>[] =>
  paces.length > 1
    ? paces
    : [paces[0]!, { ...paces[0]!, name: "paper", summary: `${paces[0]!.summary} (the same as quick)` }];

/** A study whose cells are measured by its own code. */
export function definePaperStudy<Own, Work, Result>(study: PaperStudy<Own, Work, Result>): Study {
  const { name, summary, paper, shows, claims, seeds, cases, prepare } = study;
  const paces = withBoth(study.paces);
  const about = { name, summary, paper, shows, paces };
  return defineStudy<Result>({
    ...about,
    source: `${titleOf(paper)}, ${shows}`,
    claims,
    seeds,
    problems: [{ name: paper, summary: titleOf(paper) }],
    methods: cases.map((each) => ({ name: each.name, summary: each.summary })),
    ...(prepare === undefined ? {} : { prepare }),
    async cells(request) {
      const pace = find("pace", paces, request.pace ?? paces[0]!.name);
      if (request.seconds !== undefined)
        throw new UsageError(`the study ${name} does not go by seconds; leave --seconds out`);
      if (request.iterations !== undefined && study.iterations === undefined)
        throw new UsageError(`the study ${name} has no iterations to set; leave --iterations out`);
      choose("problem", [{ name: paper, summary: "" }], request.problems);
      const work =
        request.iterations === undefined ? pace.work : study.iterations!(pace.work, request.iterations);
      const chosen = choose("method", cases, request.methods);
      return Array.from({ length: request.seeds }, (_, seed) =>
        chosen.map((each): Cell => {
          const own = each.own as JsonObject;
          const asked = { pace: pace.name, own, work: work as JsonObject };
          return { problem: paper, method: each.name, seed, work: asked };
        }),
      ).flat();
    },
    measure: ({ work, seed }, workplace) =>
      study.measure({ own: work.own as Own, work: work.work as Work, seed, workplace }),
    report(outcomes, asked) {
      const { pace, work } = outcomes[0]?.cell.work ?? { pace: paces[0]!.name, work: paces[0]!.work };
      const page = study.read(new Results(outcomes.filter(isDone)), work as Work);
      return resultPage(about, { ...page, pace: String(pace), asked, failed: failedOf(outcomes) });
    },
  });
}
