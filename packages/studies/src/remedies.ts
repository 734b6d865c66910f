import { type JsonObject, resolveConfig, UsageError } from "@gantry/gan";
import {
  type Cell,
  type Done,
  isDone,
  markdownTable,
  type Outcome,
  spread,
  textTable,
} from "@gantry/gan/sweep";
import { choose } from "./engine/choose.js";
import { defineStudy, type StudyReport, type StudyRequest } from "./engine/study.js";
import { measure, type Result } from "./findings/measure.js";

/** Trainings that collapse. */
const problems = [
  {
    name: "dcgan-fast",
    summary: "DCGAN on Fashion-MNIST whose D has 20 times G's rate",
    recipe: "dcgan",
    settings: [
      {
        net: { channels: 8 },
        batch: 32,
        steps: 300,
        optimizers: {
          generator: { kind: "adam", learningRate: 2e-4 },
          discriminator: { kind: "adam", learningRate: 4e-3 },
        },
      },
    ],
  },
];

interface Method {
  readonly name: string;
  readonly summary: string;
  readonly with: readonly { readonly name: string; readonly options: JsonObject }[];
  readonly settings: readonly JsonObject[];
}

const term = (name: string, options: JsonObject = {}): Method["with"] => [{ name, options }];

/** What is tried on each, from the beginning. */
const methods: readonly Method[] = [
  { name: "none", summary: "as it is", with: [], settings: [] },
  {
    name: "lower-rate",
    summary: "D's rate a tenth of what it was",
    with: [],
    settings: [{ optimizers: { discriminator: { learningRate: 4e-4 } } }],
  },
  {
    name: "spectral-norm",
    summary: "spectral norm in D",
    with: [],
    settings: [{ net: { discriminatorNorm: "spectral" } }],
  },
  { name: "r1", summary: "R1 with gamma 1", with: term("r1", { gamma: 1 }), settings: [] },
  { name: "instance-noise", summary: "noise on what D sees", with: term("instance-noise"), settings: [] },
  { name: "packing", summary: "D judges packs of two", with: term("packing"), settings: [] },
  {
    name: "minibatch-discrimination",
    summary: "D sees how alike a batch is",
    with: term("minibatch-discrimination"),
    settings: [],
  },
];

async function cellsOf(request: StudyRequest): Promise<Cell[]> {
  if (request.seconds !== undefined)
    throw new UsageError("the study remedies goes by iterations, not by seconds; give --iterations");
  const cells: Cell[] = [];
  for (let seed = 0; seed < request.seeds; seed++)
    for (const { name, recipe, settings } of choose("problem", problems, request.problems))
      for (const method of choose("method", methods, request.methods)) {
        const steps = request.iterations === undefined ? {} : { steps: request.iterations };
        const config = await resolveConfig({
          recipe,
          with: method.with,
          settings: [...settings, ...method.settings, { seed, threads: 1, intervals: { log: 10 }, ...steps }],
        });
        const work = { config, data: null } as unknown as JsonObject;
        cells.push({ problem: name, method: method.name, seed, work });
      }
  return cells;
}

const HEAD = [
  "remedy",
  "seeds",
  "something found at the end",
  "of these mode-collapse",
  "distance between samples, of reals'",
  "energy distance",
];

const stands = ({ result }: Done<Result>) => result.told.filter(({ passed }) => !passed);

function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const done = outcomes.filter(isDone);
  const sections = problems.flatMap(({ name, summary }) => {
    const rows = methods.flatMap((method) => {
      const cells = done.filter(({ cell }) => cell.problem === name && cell.method === method.name);
      if (cells.length === 0) return [];
      const mean = (signal: string) => {
        const { mean, std } = spread(cells.map(({ result }) => result.signals[signal] ?? Number.NaN));
        return `${mean.toFixed(2)} ± ${std.toFixed(2)}`;
      };
      return [
        [
          `${method.name}: ${method.summary}`,
          String(cells.length),
          String(cells.filter((each) => stands(each).length > 0).length),
          String(cells.filter((each) => stands(each).some((told) => told.name === "mode-collapse")).length),
          mean("spread/pixels"),
          mean("energy"),
        ],
      ];
    });
    return rows.length === 0 ? [] : [{ title: summary, rows }];
  });
  const failed = outcomes.flatMap((outcome) =>
    outcome.status === "failed"
      ? [`${outcome.cell.problem}, ${outcome.cell.method}, seed ${outcome.cell.seed}: ${outcome.reason}`]
      : [],
  );
  return {
    text: [...sections.map(({ title, rows }) => `${title}\n${textTable(HEAD, rows)}`), ...failed].join(
      "\n\n",
    ),
    markdown: `${[
      "# Study: remedies",
      "    gantry study remedies",
      ...sections.flatMap(({ title, rows }) => [`## ${title}`, markdownTable(HEAD, rows)]),
      ...failed,
    ].join("\n\n")}\n`,
    data: { study: "remedies", sections, failed },
    pictures: new Map(),
  };
}

export default defineStudy<Result>({
  name: "remedies",
  summary: "what helps a training that collapses: what `gantry diagnose` advises, and what it does not",
  source: "Gantry's own",
  problems,
  methods,
  paces: [{ name: "quick", summary: "small networks, 300 iterations" }],
  seeds: 5,
  cells: cellsOf,
  measure,
  report,
});
