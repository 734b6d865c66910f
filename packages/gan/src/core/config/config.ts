import { UsageError } from "../base/errors.js";
import { isObject, type Json, type JsonObject, merge, namesKind } from "../base/json.js";
import { didYouMean } from "../base/nearest.js";
import { register } from "../base/plugins/plugins.js";
import { refuseContradictions, refuseStrangeTerms, settingAt } from "../base/setting.js";
import { validate } from "../base/validate.js";
import { asBefore, CONFIG_VERSION } from "../base/versions.js";
import type { TermDefinition } from "../game/term.js";
import { families, type NetFamily } from "../nets/family.js";
import { priorSchema } from "../nets/prior.js";
import { composeRecipe } from "../recipes/recipe.js";
import { terms as termRegistry } from "../terms/registry.js";
import { checkConfig } from "./check.js";
import { refuseIdleWords } from "./olderForms.js";
import type { Config } from "./schema.js";
import type { Added, Checked, OptionsOf, SettingsByPath } from "./typed.js";

export interface Composition<Terms extends readonly Added[] = readonly Added[]> extends Changes<Terms> {
  readonly recipe: string;
  readonly preset?: string | undefined;
  /** Laid upon the recipe and its preset, under all else: a project's own defaults. */
  readonly defaults?: readonly JsonObject[] | undefined;
}

/**
 * A recipe with its preset, added terms and settings, checked and with every default filled in.
 * @throws UsageError for unknown names, wrong types, unknown settings
 * @example
 * const config = await resolveConfig({
 *   recipe: "dcgan",
 *   preset: "small",
 *   with: [{ name: "r1", options: { gamma: 1 } }],
 *   set: { "net.channels": 16 },
 * });
 */
export async function resolveConfig<const Terms extends readonly Added[] = readonly Added[]>(
  composition: Composition<Terms>,
): Promise<Config & { readonly terms: OptionsOf<Terms> }> {
  const recipe = await composeRecipe(composition.recipe, composition.preset);
  const base = (composition.defaults ?? []).reduce(merge, recipe);
  const config = await composeConfig(base, composition as Changes<readonly never[]> as Changes);
  return config as Config & { readonly terms: OptionsOf<Terms> };
}

/** What is laid upon a configuration. */
export interface Changes<Terms extends readonly Added[] = readonly Added[]> {
  /** Terms of the caller's own, which `with` may then name. */
  readonly terms?: readonly TermDefinition[] | undefined;
  /** Terms to add, in order. An adversarial term replaces the one there is. */
  readonly with?: (Terms & Checked<Terms>) | undefined;
  /** Terms to take out, by name. */
  readonly without?: readonly string[] | undefined;
  /** Laid upon all else, in order. */
  readonly settings?: readonly JsonObject[] | undefined;
  /** The same by their paths, laid upon those. */
  readonly set?: SettingsByPath | undefined;
  /**
   * Refuse settings that contradict each other, and those of terms that the composition does not have, as the command does.
   * Default false.
   */
  readonly strict?: boolean | undefined;
}

/**
 * A configuration with terms added, terms taken out and settings laid upon it, checked and with every default filled in.
 * @throws UsageError for unknown names, wrong types, unknown settings, and a term to take out that is not there
 */
export async function composeConfig(base: JsonObject, changes: Changes): Promise<Config> {
  await register(...(changes.terms ?? []));
  let config = base;
  for (const name of changes.without ?? []) {
    const present = Object.keys((config.terms ?? {}) as JsonObject);
    if (!present.includes(name))
      throw new UsageError(
        `there is no term '${name}' to take out${didYouMean(name, present)}; terms: ${present.join(", ")}`,
      );
    config = merge(config, { terms: { [name]: null } });
  }
  const adversaries: string[] = [];
  for (const [i, { name, term, options }] of (changes.with ?? []).entries()) {
    const present = (config.terms ?? {}) as JsonObject;
    const instance = (present[name] as JsonObject | undefined)?.term as string | undefined;
    const definition = await termRegistry.get(term ?? instance ?? name);
    if (changes.with?.findIndex((other) => other.name === name) !== i)
      throw new UsageError(
        `${name} is added twice, and a composition has one of each name; add it once, with all its options, or the second under another name, as --with ${name}-2=${definition.name}`,
      );
    if (term !== undefined) await refuseTaken(name, term, present);
    if (definition.kind === "adversarial") adversaries.push(name);
    if (adversaries.length > 1)
      throw new UsageError(
        `${adversaries.join(" and ")} are adversarial losses, of which the last would take the others' place; add one`,
      );
    const removed: Record<string, null> = {};
    if (definition.kind === "adversarial") {
      for (const [key, value] of Object.entries(present)) {
        const other = await termRegistry.get(String((value as JsonObject).term ?? key));
        if (other.kind === "adversarial" && key !== name) removed[key] = null;
      }
    }
    config = merge(config, {
      terms: { ...removed, [name]: { ...(term === undefined ? {} : { term }), ...options } },
    });
    if (definition.parts) config = merge(config, { schedule: { judgeTogether: null } });
  }
  const byPath = Object.entries(changes.set ?? {}).map(([path, value]) =>
    settingAt(path.split("."), value as Json),
  );
  const settings = [...(changes.settings ?? []), ...byPath];
  refuseIdleWords(config, settings);
  if (changes.strict) {
    refuseContradictions(settings);
    refuseStrangeTerms((config.terms ?? {}) as JsonObject, settings);
  }
  // A change of kind comes first, wherever it was written: it takes the place of what the others would be laid upon.
  for (const { recipe, version } of settings) {
    if (version !== undefined && version !== CONFIG_VERSION)
      throw new UsageError(
        "version: it says what the configuration of a run means, and Gantry writes it itself; leave it out",
      );
    if (recipe !== undefined && recipe !== config.recipe)
      throw new UsageError(
        `recipe: it is ${JSON.stringify(config.recipe)}, and what it made is all set already; train another by its name: gantry train ${typeof recipe === "string" ? recipe : "RECIPE"}`,
      );
  }
  config = await forFamily(config, settings);
  for (const setting of [...settings.filter(namesKind), ...settings.filter((each) => !namesKind(each))])
    config = merge(config, setting);
  return validateConfig(config);
}

/** Where settings name another network family: without the options of the one there is that the other does not have. */
async function forFamily(config: JsonObject, settings: readonly JsonObject[]): Promise<JsonObject> {
  const before = (config.net ?? {}) as JsonObject;
  const named = settings.map(({ net }) => (isObject(net) ? net.family : undefined));
  const family = named.findLast((each) => each !== undefined) ?? before.family;
  if (typeof family !== "string" || family === before.family) return config;
  const known = Object.keys((await families.get(family)).options.shape);
  const kept = Object.entries(before).filter(([key]) => key === "prior" || known.includes(key));
  return { ...config, net: { ...Object.fromEntries(kept), family } };
}

/** @throws UsageError where an instance of a term is given a name that another has */
async function refuseTaken(name: string, term: string, present: JsonObject): Promise<void> {
  const taken = name in present ? "the composition has one already" : "it is another term's own";
  if (name in present || (await termRegistry.all()).has(name))
    throw new UsageError(
      `--with ${name}=${term}: the name '${name}' is taken, ${taken}; give this ${term} another`,
    );
}

function validateNet({ options, lacks = {} }: NetFamily, settings: Record<string, unknown>) {
  for (const [name, reason] of Object.entries(lacks))
    if (name in settings) throw new UsageError(`net.${name}: ${reason}`);
  return validate(options, settings, "net");
}

/**
 * Checks a whole configuration (a run's config.json, or one written by hand), and says what it means in today's version: one
 * of an older version keeps what its settings were then.
 * @param isForeign whether a term, or a network family, is a run's own and not known here: its options stay as they are
 * @throws UsageError
 */
export async function validateConfig(
  value: unknown,
  isForeign: (kind: string, name: string) => boolean = () => false,
): Promise<Config> {
  const { version, ...base } = checkConfig(value);
  const { family: familyName, prior, ...familyOptions } = base.net;
  const family = isForeign("network family", familyName) ? undefined : await families.get(familyName);
  const net = {
    family: familyName,
    prior: validate(priorSchema, prior, "net.prior"),
    ...(family === undefined
      ? familyOptions
      : validateNet(family, asBefore(familyOptions as JsonObject, family.before, version))),
  };
  const terms: Record<string, { term?: string }> = {};
  for (const [key, { term, ...options }] of Object.entries(base.terms)) {
    const isOwn = isForeign("term", term ?? key);
    const definition = isOwn ? undefined : await termRegistry.get(term ?? key);
    const complete = asBefore(options as JsonObject, definition?.before, version);
    const told = definition?.translate?.(complete) ?? complete;
    terms[key] = {
      ...(term === undefined ? {} : { term }),
      ...(definition === undefined ? told : validate(definition.options, told, `terms.${key}`)),
    };
  }
  return { version: CONFIG_VERSION, ...base, net, terms } as Config;
}
