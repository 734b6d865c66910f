import {
  type Config,
  describeOptions,
  families,
  metrics,
  type Recipe,
  recipes,
  resolveConfig,
  terms,
} from "@gantry/gan";
import {
  measured,
  measuredOn,
  presetsOf,
  recipeGroups,
  settingPaths,
  sidesTaken,
} from "@gantry/gan/catalogue";
import { datasets, isByPath } from "@gantry/gan/data";
import { papers, type Study, studies } from "@gantry/studies";
import type { Catalogue, DatasetEntry, Instance, RecipeEntry, Setting, StudyEntry } from "./types.js";

/** What the registries of this process hold, as plain data. */
export async function makeCatalogue(): Promise<Catalogue> {
  const everyRecipe = [...(await recipes.all()).values()];
  return {
    recipes: await Promise.all(everyRecipe.map(recipeEntry)),
    measuredOn,
    terms: [...(await terms.all()).values()].map(
      ({ name, kind, summary, source, separable = false, on = "gan", options }) => ({
        name,
        kind,
        summary,
        source,
        separable,
        on,
        options: describeOptions(options),
      }),
    ),
    instances: everyRecipe.flatMap(instancesOf),
    families: [...(await families.all()).values()].map(({ name, summary, options }) => ({
      name,
      summary,
      options: Object.keys(options.shape),
    })),
    datasets: [...(await datasets.all()).values()].map(
      (definition): DatasetEntry => ({
        name: definition.name,
        summary: definition.summary,
        options: Object.keys(definition.options.shape),
        byPath: isByPath(definition),
        places: definition.locate?.places ?? null,
      }),
    ),
    metrics: [...(await metrics.all()).values()].map(named),
    studies: [...(await studies.all()).values()].map(studyEntry),
    papers,
    settings: settingPaths(),
  };
}

const named = ({ name, summary }: { name: string; summary: string }) => ({ name, summary });

async function recipeEntry(recipe: Recipe): Promise<RecipeEntry> {
  const { name, summary, source, group, when } = recipe;
  const config = await configOf(name);
  const presets = await presetsOf(recipe);
  return {
    name,
    summary,
    source,
    extends: recipe.extends ?? null,
    group: group === undefined ? null : { key: group, title: recipeGroups[group] },
    when: when ?? null,
    ...(config === undefined ? { kind: "images", sizes: [] } : await sidesTaken(config)),
    labels: config?.conditional ?? false,
    plain: settingOf(config),
    presets: Object.fromEntries(
      await Promise.all(
        presets.map(async (preset) => [preset, settingOf(await configOf(name, preset))] as const),
      ),
    ),
    measured: measured[name] ?? null,
  };
}

/** Undefined for one of one's own that is not whole, which whoever trains by it is told. */
const configOf = (recipe: string, preset?: string): Promise<Config | undefined> =>
  resolveConfig({ recipe, preset }).catch(() => undefined);

const settingOf = (config: Config | undefined): Setting | null =>
  config === undefined
    ? null
    : {
        data: config.data.name ?? null,
        family: config.net.family,
        terms: Object.keys(config.terms),
        batch: config.batch,
        steps: config.steps,
      };

function instancesOf({ name: recipe, config }: Recipe): Instance[] {
  const composed = (config.terms ?? {}) as Record<string, { term?: string } | null>;
  return Object.entries(composed).flatMap(([name, value]) => {
    const { term, ...options } = value ?? {};
    return term === undefined ? [] : [{ name, term, recipe, options }];
  });
}

const studyEntry = ({ name, summary, source, paper, shows, claims, ...study }: Study): StudyEntry => ({
  name,
  summary,
  source,
  paper: paper ?? null,
  shows: shows ?? null,
  claims: claims ?? [],
  problems: study.problems.map(named),
  methods: study.methods.map(named),
  paces: study.paces.map(named),
  seeds: study.seeds,
});
