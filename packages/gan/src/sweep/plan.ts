import { basename } from "node:path";
import { UsageError } from "../core/base/errors.js";
import type { Json, JsonObject } from "../core/base/json.js";
import { importedSources, importParts, termNamed } from "../core/base/plugins/plugins.js";
import { parseSchedule } from "../core/base/schedule.js";
import { type AddedTerm, parseTerm, settingAt } from "../core/base/setting.js";
import { resolveConfig, validateConfig } from "../core/config/config.js";
import { fitToData } from "../core/config/fit.js";
import type { Config } from "../core/config/schema.js";
import { dataNamed } from "../core/data/spec.js";
import { withAbsoluteData } from "../core/run/data.js";
import { findings } from "../evaluation/diagnose/finding.js";
import { distinct, drawPoints, gridPoints, join, type Point, restrict } from "./axes.js";
import { nameCells, type Parts } from "./names.js";
import { rungsOf } from "./rungs.js";
import type { CheckedSpec } from "./spec.js";
import type { Halving, Sweep, SweepCell } from "./sweep.js";

/** More cells than that are a slip. */
const MOST_CELLS = 10_000;

export interface PlanOptions {
  /** What it is called where the specification does not say. */
  readonly name: string;
  /** Laid under all else: a project's own defaults. */
  readonly defaults?: readonly JsonObject[];
}

type Composition = Exclude<CheckedSpec["recipes"][number], string>;

/** One composition on one data set, with the points of it. */
interface Method {
  readonly composition: Composition;
  readonly data: string | undefined;
  readonly points: readonly Point[];
}

/**
 * The cells of a specification, each with its whole configuration.
 * @returns the sweep, and what is worth knowing of it, a line each
 * @throws UsageError naming the cell whose settings make no sense
 */
export async function planSweep(
  spec: CheckedSpec,
  { name, defaults = [] }: PlanOptions,
): Promise<{ sweep: Sweep; notes: readonly string[] }> {
  await importParts(spec.imports);
  for (const finding of spec.stopOn ?? []) await findings.get(finding);
  if (spec.stopOn !== undefined && spec.halving !== undefined)
    throw new UsageError(
      "successive halving chooses by scores, and a training that a finding ends has none; leave one of the two out",
    );
  const compositions = spec.recipes.map(
    (each): Composition =>
      typeof each === "string" ? { recipe: each, with: [], without: [], settings: {} } : each,
  );
  refuseTwice(compositions);
  const seeds = typeof spec.seeds === "number" ? Array.from({ length: spec.seeds }, (_, i) => i) : spec.seeds;
  if (new Set(seeds).size !== seeds.length) throw new UsageError(`seeds: ${seeds.join(", ")} has one twice`);
  const all = pointsOf(spec);
  const data = spec.data === undefined ? [undefined] : [spec.data].flat();
  const context = { spec, defaults };
  const notes: string[] = [];
  const methods: Method[] = [];
  const used = new Set<string>();
  for (const composition of compositions)
    for (const each of data) {
      const { terms } = await configOf(composition, each, new Map(), undefined, context);
      const applies = (path: string) => {
        const [first, term = ""] = path.split(".");
        return first !== "terms" || term in terms || path.split(".").length < 3;
      };
      const idle = [...(all[0]?.keys() ?? [])].filter((path) => !applies(path));
      for (const path of all[0]?.keys() ?? []) if (!idle.includes(path)) used.add(path);
      if (idle.length > 0 && each === data[0])
        notes.push(
          `${nameOf(composition)} has no ${idle.join(" and no ")}: it is trained once for all of its values`,
        );
      methods.push({
        composition,
        data: each,
        points: distinct(all.map((point) => restrict(point, applies))),
      });
    }
  const unused = [...(all[0]?.keys() ?? [])].find((path) => !used.has(path));
  if (unused !== undefined)
    throw new UsageError(
      `${unused}: no recipe of the sweep has a term '${unused.split(".")[1]}'; add it by --with ${unused.split(".")[1]}`,
    );
  const planned = await fitCells(await cellsOf(methods, seeds, context), (note) => notes.push(note));
  const { halving = null } = spec;
  const cells = halving === null ? planned : withRounds(planned, halving);
  return { sweep: { name: spec.name ?? name, cells, halving, imports: importedSources() }, notes };
}

function refuseTwice(compositions: readonly Composition[]): void {
  const names = compositions.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`recipes: two are called '${twice}'; give each another name`);
}

const nameOf = ({ name, recipe }: Composition) => name ?? recipe;

/** The grid, each of its points with each of the draws. */
function pointsOf({ grid, draws }: CheckedSpec): Point[] {
  const both = Object.keys(grid).find((path) => draws !== undefined && path in draws.from);
  if (both !== undefined) throw new UsageError(`${both} is in the grid, and drawn as well; choose one`);
  const drawn = draws === undefined ? [new Map() as Point] : drawPoints(draws);
  return gridPoints(grid).flatMap((point) => drawn.map((draw) => join(point, draw)));
}

interface Context {
  readonly spec: CheckedSpec;
  readonly defaults: readonly JsonObject[];
}

async function cellsOf(
  methods: readonly Method[],
  seeds: readonly number[],
  context: Context,
): Promise<Unfitted[]> {
  const several = (values: readonly unknown[]) => new Set(values).size > 1;
  const isSeveral = {
    composition: several(methods.map(({ composition }) => composition)),
    data: several(methods.map(({ data }) => data)),
  };
  const settings = methods.flatMap(({ composition, data, points }) =>
    points.map((point) => ({
      composition,
      data,
      point,
      parts: {
        composition: isSeveral.composition ? nameOf(composition) : undefined,
        data: isSeveral.data && data !== undefined ? basename(data).replace(/\.\w+$/, "") : undefined,
        // What all have the same is no difference.
        settings: restrict(point, (path) => several(points.map((other) => JSON.stringify(other.get(path))))),
        seed: undefined,
      } satisfies Parts,
    })),
  );
  if (settings.length * seeds.length > MOST_CELLS)
    throw new UsageError(`the sweep has ${settings.length * seeds.length} cells; ${MOST_CELLS} are the most`);
  const otherwise = nameOf(methods[0]!.composition);
  const groups = nameCells(
    settings.map(({ parts }) => parts),
    otherwise,
  );
  const names = nameCells(
    seeds.flatMap((seed) =>
      settings.map(({ parts }) => ({ ...parts, seed: seeds.length > 1 ? seed : undefined })),
    ),
    otherwise,
  );
  const cells: Unfitted[] = [];
  for (const seed of seeds)
    for (const [i, { composition, data, point }] of settings.entries()) {
      const name = names[cells.length]!;
      try {
        const config = withAbsoluteData(await configOf(composition, data, point, seed, context));
        const { stopOn } = context.spec;
        const isSaid = [context.spec.settings, composition.settings, Object.fromEntries(point)];
        cells.push({
          name,
          group: groups[i]!,
          config,
          keepBatch: isSaid.some((each) => "batch" in each),
          ...(stopOn === undefined ? {} : { stopOn }),
        });
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new UsageError(`${name}: ${error.message}`, { cause: error });
      }
    }
  return cells;
}

/** A cell before its images were looked at. */
interface Unfitted extends SweepCell {
  /** The batch was asked for. */
  readonly keepBatch: boolean;
}

/** Cells by size and batch for images of one's own, as `train` makes them; cells of the same data and networks alike. */
async function fitCells(cells: readonly Unfitted[], onNote: (note: string) => void): Promise<SweepCell[]> {
  const fitted = new Map<string, Promise<Config>>();
  const told = new Set<string>();
  const tell = (note: string) => {
    if (!told.has(note)) onNote(note);
    told.add(note);
  };
  const fit = async ({ keepBatch, ...cell }: Unfitted): Promise<SweepCell> => {
    const { data, net, batch, terms } = cell.config;
    const key = JSON.stringify([data, net, batch, Object.keys(terms), keepBatch]);
    const found =
      fitted.get(key) ??
      fitToData(cell.config, { onNote: tell }, { keepBatch, putsOn: (name) => `--with ${name}` }).then(
        ({ config }) => config,
      );
    fitted.set(key, found);
    const own = await found;
    return { ...cell, config: { ...cell.config, data: own.data, batch: own.batch } };
  };
  const done: SweepCell[] = [];
  for (const cell of cells) done.push(await fit(cell));
  return done;
}

async function configOf(
  composition: Composition,
  data: string | undefined,
  point: Point,
  seed: number | undefined,
  { spec, defaults }: Context,
): Promise<Config> {
  const terms = [...spec.with, ...composition.with];
  const config = await resolveConfig({
    recipe: composition.recipe,
    preset: composition.preset ?? spec.preset,
    defaults,
    with: await Promise.all(terms.map(termOf)),
    without: [...spec.without, ...composition.without],
    settings: [
      ...(data === undefined ? [] : [{ data: null }, { data: await dataNamed(data) }]),
      ...settingsAt(Object.entries(spec.settings)),
      ...settingsAt(Object.entries(composition.settings)),
      ...settingsAt([...point]),
      ...(seed === undefined ? [] : [{ seed }]),
    ],
    strict: true,
  });
  return await withEvaluation(config, spec);
}

const settingsAt = (entries: readonly (readonly [string, Json])[]): JsonObject[] =>
  entries.map(([path, value]) =>
    settingAt(
      path.split("."),
      typeof value === "string" ? ((parseSchedule(value, path) as Json) ?? value) : value,
    ),
  );

async function termOf(term: CheckedSpec["with"][number]): Promise<AddedTerm> {
  const parsed = typeof term === "string" ? parseTerm(term) : (term as AddedTerm);
  const given = await termNamed(parsed.term ?? parsed.name);
  return parsed.term === undefined ? { ...parsed, name: given } : { ...parsed, term: given };
}

/** What a sweep says of evaluations; those that settings say stay, where it says nothing. */
async function withEvaluation(config: Config, spec: CheckedSpec): Promise<Config> {
  const { metrics, evalEvery, evalSamples, halving } = spec;
  if ([metrics, evalEvery, evalSamples, halving].every((each) => each === undefined)) return config;
  if (halving !== undefined && evalEvery !== undefined)
    throw new UsageError(
      "successive halving evaluates at the end of each round; leave the evaluations' interval out",
    );
  const { every = config.steps, ...others } = config.evaluation ?? {};
  const own = { every: evalEvery ?? every, metrics, samples: evalSamples };
  return await validateConfig({ ...config, evaluation: { ...others, ...own } });
}

/** The cells with an evaluation at the end of each round. */
const withRounds = (cells: readonly SweepCell[], halving: Halving): SweepCell[] => {
  const settings = new Set(cells.map(({ group }) => group)).size;
  if (settings < 2)
    throw new UsageError("successive halving chooses among settings, and the sweep has only one");
  return cells.map((cell) => {
    const { config } = cell;
    const every = rungsOf(halving, settings, config.steps)[0] as number;
    const unsaid = { metrics: null, samples: null, best: null, network: null, resize: "refuse" } as const;
    return { ...cell, config: { ...config, evaluation: { ...unsaid, ...config.evaluation, every } } };
  });
};
