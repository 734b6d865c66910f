import { catalogueWith } from "../catalogue/catalogue.js";
import type { Catalogue } from "../catalogue/types.js";
import type { Command, CommandOption } from "../command.js";
import { runsUnder } from "./runs.js";

/** Where the line stands: the command that it names, and what was typed behind it. */
interface Place {
  readonly command: Command;
  /** Words that are neither options nor their values. */
  readonly given: readonly string[];
  /** Values of options by their long names. */
  readonly values: ReadonlyMap<string, string>;
  /** The option whose value the last word is; undefined where it is none. */
  readonly awaits: CommandOption | undefined;
}

/**
 * The words that may stand in the place of the last one, which they begin with. Nothing where a file is wanted: shells complete
 * those.
 * @param words behind `gantry`
 */
export async function complete(words: readonly string[], commands: readonly Command[]): Promise<string[]> {
  const last = words.at(-1) ?? "";
  const [name, ...rest] = words.slice(0, -1);
  const beginning = (all: readonly string[]) =>
    [...new Set(all)].filter((each) => each.startsWith(last)).sort();
  if (name === undefined)
    return beginning([...commands.map((command) => command.name), "help", "--help", "--version"]);
  if (name === "help") return beginning(commands.map((command) => command.name));
  const outer = commands.find((command) => command.name === name);
  if (outer === undefined) return [];
  const place = placeOf(outer, rest);
  const { command, awaits, given } = place;
  if (awaits !== undefined) return beginning(await valuesOf(awaits, place, last));
  if (last.startsWith("-")) return beginning([...(command.options ?? []).map(longName), "--help"]);
  const below = given.length === 0 ? (command.commands ?? []).map((sub) => sub.name) : [];
  return beginning([...below, ...(await argumentsOf(name, place, last))]);
}

const longName = ({ flags }: CommandOption): string => /--[\w-]+/.exec(flags)?.[0] ?? flags;

function placeOf(outer: Command, words: readonly string[]): Place {
  let command = outer;
  const given: string[] = [];
  const values = new Map<string, string>();
  let awaits: CommandOption | undefined;
  for (const word of words) {
    if (awaits !== undefined) {
      values.set(longName(awaits), word);
      awaits = undefined;
    } else if (word.startsWith("-"))
      awaits = command.options?.find((option) => longName(option) === word && option.flags.includes("<"));
    else {
      const sub = given.length === 0 ? command.commands?.find((each) => each.name === word) : undefined;
      if (sub === undefined) given.push(word);
      else command = sub as Command;
    }
  }
  return { command, given, values, awaits };
}

/** What an option takes. */
async function valuesOf(
  option: CommandOption,
  { given, values }: Place,
  last: string,
): Promise<readonly string[]> {
  const name = longName(option);
  if (option.choices !== undefined) return option.choices;
  const catalogue = await catalogueWith({});
  const recipe = catalogue.recipes.find((each) => each.name === given[0]);
  switch (name) {
    case "--preset":
      return Object.keys(recipe?.presets ?? {});
    case "--with":
      return terms(catalogue, last);
    case "--without":
      return recipe?.plain?.terms ?? catalogue.terms.map((term) => term.name);
    case "--data":
      return catalogue.datasets.filter(({ byPath }) => !byPath).map((dataset) => dataset.name);
    case "--metrics":
      return listed(catalogue.metrics, last);
    case "--best":
      return catalogue.metrics.map((metric) => metric.name);
    case "--precision":
      return ["float32", "bfloat16"];
    case "--device":
      return ["cpu", "cuda", "mps"];
    case "--set":
      return settings(catalogue, given[0], values.get("--preset"));
    default:
      return [];
  }
}

/** The next of names with commas between them. */
const listed = (all: readonly { readonly name: string }[], last: string) =>
  all.map(({ name }) => last.slice(0, last.lastIndexOf(",") + 1) + name);

/** Terms; behind a colon, the options of one: `r1:gamma=`. */
function terms({ terms: all }: Catalogue, last: string): string[] {
  const [, head, before = ""] = /^([^:]+):((?:.*,)?)/.exec(last) ?? [];
  if (head === undefined) return all.map((term) => term.name);
  const term = all.find((each) => each.name === head.slice(head.indexOf("=") + 1));
  return (term?.options ?? []).map((option) => `${head}:${before}${option.name}=`);
}

function settings(catalogue: Catalogue, name: string | undefined, preset: string | undefined): string[] {
  const recipe = catalogue.recipes.find((each) => each.name === name);
  const setting = recipe?.presets[preset ?? ""] ?? recipe?.plain;
  const family = catalogue.families.find((each) => each.name === setting?.family);
  const terms = catalogue.terms.filter((term) => setting?.terms.includes(term.name));
  const data = catalogue.datasets.find((each) => each.name === setting?.data);
  return [
    ...catalogue.settings.map((path) => path.replace("PLAYER", "default")),
    ...(family?.options ?? []).map((option) => `net.${option}`),
    ...(data?.options ?? []).map((option) => `data.${option}`),
    ...terms.flatMap((term) => term.options.map((option) => `terms.${term.name}.${option.name}`)),
  ].map((path) => `${path}=`);
}

/** What an argument may be. */
async function argumentsOf(
  outer: string,
  { command, given }: Place,
  last: string,
): Promise<readonly string[]> {
  const wanted = command.arguments?.[Math.min(given.length, command.arguments.length - 1)]?.name ?? "";
  if (given.length >= (command.arguments?.length ?? 0) && !wanted.includes("...")) return [];
  const word = /[\w-]+/.exec(wanted)?.[0] ?? "";
  if (/run/.test(wanted) || outer === "eval") return await runsUnder(last);
  const catalogue = await catalogueWith({});
  const names = (all: readonly { readonly name: string }[]) => all.map((each) => each.name);
  if (word === "recipes") return listed(catalogue.recipes, last);
  if (word === "recipe") return names(catalogue.recipes);
  if (word === "term") return names(catalogue.terms);
  if (word === "data" || outer === "data") return names(catalogue.datasets);
  if (outer === "study") return names(catalogue.studies);
  if (word === "shell") return ["bash", "zsh", "fish"];
  return [];
}
