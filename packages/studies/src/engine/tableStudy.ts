import { createHash } from "node:crypto";
import { type JsonObject, type Named, UsageError } from "@gantry/gan";
import {
  type Cell,
  checkSpec,
  isDone,
  planSweep,
  type SweepSpec,
  showSpread,
  spread,
} from "@gantry/gan/sweep";
import { choose, find } from "./choose.js";
import { type Finding, failedOf, type PagePicture, type PageTable, resultPage } from "./page.js";
import { type PaperKey, titleOf } from "./papers.js";
import { prepareNetworks } from "./prepareNetworks.js";
import { measureReal } from "./realRow.js";
import { defineStudy, type Study, type StudyRequest } from "./study.js";
import { measureRun, type PackedRun, unpackRun } from "./sweepStudy.js";
import type { Column, Row, Settings, TableData, TablePace } from "./table.js";
import { type ChosenData, chooseData } from "./tableData.js";
import { TableReading, type TableRun } from "./tableReading.js";

/** A table or figure of a text whose cells are trainings: rows of compositions, data, seeds. */
export interface TableStudy extends Named {
  readonly paper: PaperKey;
  readonly shows: string;
  readonly claims: readonly string[];
  /** Repetitions where nobody says how many. */
  readonly seeds: number;
  readonly paces: readonly TablePace[];
  readonly data: readonly TableData[];
  rows(pace: "quick" | "paper"): readonly Row[];
  readonly columns: readonly Column[];
  /** What the paper does not say and was chosen here, a sentence each. */
  readonly choices?: readonly string[];
  findings(reading: TableReading): readonly Finding[];
  pictures?(reading: TableReading): readonly PagePicture[];
}

const numbersOf = (reading: TableReading, { metric, how, better }: Column, data: string, row: string) =>
  how === "best" ? reading.best(data, row, metric, better) : reading.last(data, row, metric);

/** What the paper has beside what was measured. */
function rowsTable(reading: TableReading, columns: readonly Column[]): PageTable {
  const hasPaper = reading.rows.some(({ paper }) => paper !== undefined);
  const lines = reading.data.flatMap(({ name, title }) =>
    reading.rows.flatMap((row) => {
      if (reading.runs(name, row.name).length === 0) return [];
      const cells = columns.flatMap((column) => {
        const printed = row.paper?.[name]?.[column.metric] ?? "-";
        const here = showSpread(spread(numbersOf(reading, column, name, row.name)), column.digits);
        return hasPaper ? [printed, here] : [here];
      });
      return [[title, row.name, ...cells]];
    }),
  );
  const titles = columns.flatMap(({ title }) => (hasPaper ? [`${title}, paper`, `${title}, here`] : [title]));
  return { title: "Paper and here", head: ["data", "method", ...titles], rows: lines };
}

/** How long the trainings were, whatever the pace says: --iterations may have been asked for. */
function lengthOf(runs: readonly TableRun[]): string {
  const steps = runs.map(({ run }) => run.config.steps).filter((count) => count > 0);
  if (steps.length === 0) return "Nothing was trained.";
  const [least, most] = [Math.min(...steps), Math.max(...steps)];
  return `Iterations of a training: ${least === most ? least : `${least} to ${most}`}.`;
}

/** Scores that papers have through Inception. */
const THROUGH_INCEPTION = ["fid", "kid", "is"];

/** A score through a small classifier is no paper's. */
const OTHER_NETWORK =
  "Scores through a classifier of such data (cifar10-cnn, fashion-cnn, digits-cnn) are not on the scale of the paper's, which " +
  "are through Inception: the columns stand side by side, and only the direction is judged.";

/** What a claim that does not hold is to be held against, before anybody believes it. */
function doubts(reading: TableReading, findings: readonly Finding[], failed: number): string[] {
  const against = findings.filter(({ verdict }) => verdict.word === "does not hold");
  if (against.length === 0) return [];
  const ended = reading.data.flatMap(({ name }) =>
    reading.rows.flatMap((row) => reading.runs(name, row.name)),
  );
  const short = ended.filter(({ iteration, config }) => iteration < config.steps).length;
  return [
    `Before ${against.map(({ claim }) => claim).join(", ")} is believed not to hold: ${failed} trainings failed and ${short} of ${ended.length} did not come to ` +
      "their end; whether it is the same at twice the budget was not looked into by this command: --iterations asks for more.",
  ];
}

/** @throws UsageError for a row that makes no sense */
async function cellsOf(study: TableStudy, request: StudyRequest): Promise<Cell[]> {
  if (request.seconds !== undefined)
    throw new UsageError(`the study ${study.name} does not go by seconds; leave --seconds out`);
  const pace = find("pace", study.paces, request.pace ?? study.paces[0]!.name);
  const rows = choose("method", study.rows(pace.name), request.methods);
  const { chosen, words } = await chooseData(study.data, pace.name, request);
  const cells: Cell[] = [];
  for (const data of chosen)
    for (const { group, config } of await plannedOf(study, pace, rows, data, request)) {
      const isReal = rows.some(({ name, real }) => name === group && real === true);
      const told = isReal ? `real ${JSON.stringify(config)}` : JSON.stringify(config);
      const key = createHash("sha256").update(told).digest("hex").slice(0, 24);
      const stands = data.place.words;
      const work = {
        pace: pace.name,
        words,
        stands,
        config: config as unknown as JsonObject,
        ...(isReal ? { real: true } : {}),
      };
      cells.push({ problem: data.name, method: group, seed: config.seed, work, key });
    }
  return cells;
}

/** A longer training is looked at as often as the pace's own, not as densely: a look costs as much as many steps. */
function askedFor(iterations: number, { evaluation }: TablePace, common: Settings): Settings {
  const { every } = evaluation;
  const { steps } = common;
  if (typeof steps !== "number" || typeof every !== "number" || iterations <= steps)
    return { steps: iterations };
  const sparser = { ...(common.evaluation as object), every: Math.round((every * iterations) / steps) };
  return { steps: iterations, evaluation: sparser };
}

async function plannedOf(
  { name, paper }: TableStudy,
  pace: TablePace,
  rows: readonly Row[],
  data: ChosenData,
  { seeds, iterations }: StudyRequest,
) {
  const { path, name: known, ...options } = data.place.data;
  const here = rows.filter(({ on }) => on === undefined || on.includes(data.name));
  if (here.length === 0) return [];
  const evaluation: Settings = {
    ...pace.evaluation,
    network: data.place.network,
    resize: data.place.resize ?? "refuse",
  };
  const common: Settings = {
    ...Object.fromEntries(Object.entries(options).map(([key, value]) => [`data.${key}`, value])),
    evaluation,
    ...pace.settings,
    ...data.place.settings,
  };
  const asked: Settings = iterations === undefined ? {} : askedFor(iterations, pace, common);
  const spec: SweepSpec = {
    recipes: here.map(({ summary: _, on: __, paper: ___, real: ____, settings, ...composition }) => ({
      ...composition,
      settings: { ...common, ...settings, ...asked },
    })),
    data: typeof path === "string" ? path : known,
    seeds,
  };
  const { sweep } = await planSweep(checkSpec(spec, name), { name: paper });
  // A sweep of one composition does not name it.
  return sweep.cells.map(({ group, config }) => ({
    group: here.length === 1 ? here[0]!.name : group,
    config,
  }));
}

/** Made of what makes it a table; trainings that several tables of a paper have are trained once. */
export function defineTableStudy(table: TableStudy): Study {
  const { name, summary, paper, shows, claims, seeds, paces, data, columns, choices = [] } = table;
  const about = { name, summary, paper, shows, paces };
  return defineStudy<PackedRun>({
    ...about,
    source: `${titleOf(paper)}, ${shows}`,
    claims,
    seeds,
    problems: data.map((each) => ({ name: each.name, summary: each.summary })),
    methods: table.rows("quick").map((row) => ({ name: row.name, summary: row.summary })),
    keepsWork: true,
    endsItself: true,
    takesData: true,
    cells: (request) => cellsOf(table, request),
    async prepare(preparation) {
      const networks = preparation.cells.flatMap(({ work }) => {
        const { evaluation } = work.config as { evaluation?: { network?: unknown } };
        return typeof evaluation?.network === "string" ? [evaluation.network] : [];
      });
      await prepareNetworks(networks, preparation);
    },
    measure: (cell, workplace) => (cell.work.real === true ? measureReal(cell) : measureRun(cell, workplace)),
    report(outcomes, asked) {
      const { pace = paces[0]!.name, words = [] } = (outcomes[0]?.cell.work ?? {}) as {
        pace?: "quick" | "paper";
        words?: readonly string[];
      };
      const runs = outcomes.filter(isDone).map(({ cell, result }) => ({ cell, run: unpackRun(result) }));
      const titles = data.map(({ name: each, summary: title }) => {
        const first = runs.find(({ cell }) => cell.problem === each);
        const stands = first?.cell.work.stands as string | undefined;
        return { name: each, title: stands === undefined ? title : `in ${title}'s place`, stands };
      });
      const reading = new TableReading(pace, titles, table.rows(pace), runs);
      const findings = table.findings(reading);
      const failed = failedOf(outcomes);
      const hasInception = columns.some(({ metric }) => THROUGH_INCEPTION.includes(metric));
      return resultPage(about, {
        pace,
        asked,
        settings: [
          ...words.map((each) => `${each}.`),
          ...(runs.length === 0 ? [] : [lengthOf(runs)]),
          ...choices,
        ],
        findings,
        tables: [rowsTable(reading, columns)],
        pictures: table.pictures?.(reading) ?? [],
        notes: [
          ...(pace === "quick" && hasInception ? [OTHER_NETWORK] : []),
          ...doubts(reading, findings, failed.length),
        ],
        failed,
      });
    },
  });
}
