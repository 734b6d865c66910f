import { existsSync } from "node:fs";
import { unknownName, unknownPreset, unknownSetting } from "@gantry/gan/unknown";
import { UsageProblem } from "../errors.js";
import type { Catalogue, Setting } from "./types.js";

/**
 * The member of a name.
 * @throws UsageProblem naming the nearest, in the registries' own words
 */
export function requireName<Entry extends { readonly name: string }>(
  kind: string,
  name: string,
  entries: readonly Entry[],
): Entry {
  const entry = entries.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  throw new UsageProblem(
    unknownName(
      kind,
      name,
      entries.map((each) => each.name),
    ),
  );
}

/** What a command line composes, as it was typed. */
export interface Typed {
  readonly recipe: string;
  readonly preset?: string | undefined;
  readonly with?: readonly string[] | undefined;
  readonly data?: string | undefined;
  readonly metrics?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/**
 * Refuses names that there are not, before anything is loaded: of recipe, preset, terms, data, metrics and settings. What it cannot
 * judge it lets pass: all is checked again where it is used.
 * @throws UsageProblem
 */
export function refuseUnknown(typed: Typed, catalogue: Catalogue): void {
  const recipe = requireName("recipe", typed.recipe, catalogue.recipes);
  const { preset, metrics, data } = typed;
  if (preset !== undefined && !(preset in recipe.presets))
    throw new UsageProblem(unknownPreset(recipe.name, preset, Object.keys(recipe.presets)));
  const setting = (preset === undefined ? recipe.plain : recipe.presets[preset]) ?? undefined;
  const instances = new Set([...catalogue.instances.map(({ name }) => name), ...(setting?.terms ?? [])]);
  for (const text of typed.with ?? []) refuseTerm(text, instances, catalogue);
  if (data !== undefined && data.trim() !== "" && !isFile(data) && !existsSync(data))
    requireName("data set", data, catalogue.datasets);
  for (const text of metrics?.split(",") ?? []) {
    const name = text.split(":")[0]!.trim();
    // Options of a metric may have commas too, in brackets.
    if (/^[a-z][\w-]*$/.test(name) && !metrics!.includes("[")) requireName("metric", name, catalogue.metrics);
  }
  if (setting !== undefined)
    for (const text of typed.set ?? []) refuseSetting(text, typed, setting, catalogue);
}

/** `--with`: its term, and the names of its options. */
function refuseTerm(text: string, instances: ReadonlySet<string>, { terms }: Catalogue): void {
  const [, head = "", options = ""] = /^([^:]*):?(.*)$/s.exec(text) ?? [];
  const name = head.slice(head.indexOf("=") + 1);
  if (isFile(name) || name === "") return;
  const known = terms.find((term) => term.name === name)?.options.map((option) => option.name);
  if (known === undefined) {
    if (!instances.has(name)) requireName("term", name, terms);
    return;
  }
  // Commas inside brackets and quotes belong to a value.
  if (/["[{]/.test(options)) return;
  for (const [, key = ""] of options.matchAll(/(?:^|,)([^,=]+)=/g))
    if (!known.includes(key))
      throw new UsageProblem(unknownSetting(`terms.${head.split("=")[0]}`, key, known));
}

const isFile = (text: string) => /[./#\\]/.test(text);

function refuseSetting(text: string, typed: Typed, setting: Setting, catalogue: Catalogue): void {
  const path = /^([A-Za-z][\w.-]*)=/.exec(text)?.[1]?.split(".");
  if (path === undefined) return;
  const refuse = (depth: number, known: readonly string[]) => {
    const key = path[depth];
    if (key !== undefined && !known.includes(key))
      throw new UsageProblem(unknownSetting(path.slice(0, depth).join("."), key, known));
  };
  const [first = "", second = ""] = path;
  const under = (names: readonly string[]) =>
    catalogue.settings.flatMap((each) => {
      const parts = each.split(".");
      return names.every((name, at) => parts[at] === name) ? (parts[names.length] ?? []) : [];
    });
  refuse(0, [...new Set([...under([]), "data", "net", "terms", "optimizers", "version"])]);
  const switches = (typed.set ?? []).some((each) => each.startsWith("net.family="));
  const family = catalogue.families.find(({ name }) => name === setting.family);
  if (first === "net" && family !== undefined && !switches) refuse(1, ["family", "prior", ...family.options]);
  else if (first === "terms") {
    const term = catalogue.terms.find(({ name }) => name === second);
    if (term !== undefined) refuse(2, ["term", ...term.options.map(({ name }) => name)]);
  } else if (first === "optimizers") refuse(2, under(["optimizers", "PLAYER"]));
  else if (first !== "data") {
    const known = under([first]);
    if (known.length > 0) refuse(1, [...known, ...(OLDER[first] ?? [])]);
  }
}

/** Settings that only older configurations have. */
const OLDER: Readonly<Record<string, readonly string[]>> = {
  schedule: ["decay", "burst"],
  average: ["start"],
};
