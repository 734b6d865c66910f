import { catalogueWith, freshCatalogue } from "../catalogue/catalogue.js";
import { requireName } from "../catalogue/names.js";
import type { Catalogue, Instance, TermEntry } from "../catalogue/types.js";
import { defineCommand } from "../command.js";
import { type ImportOptions, importOption } from "../parts.js";
import { columns, shellWord, wrap } from "../render/format.js";
import { minutes } from "../render/recipes.js";

const jsonOption = { flags: "--json", description: "print JSON" };

/** As after --with. */
function written({ name, term, options }: Instance): string {
  const given = Object.entries(options).map(([option, value]) => `${option}=${JSON.stringify(value)}`);
  return `${name}=${term}${given.length === 0 ? "" : ":"}${given.join(",")}`;
}

/** A whole command with the term, on a recipe that it goes on, and how long that takes. */
function example({ on }: TermEntry, word: string, { recipes, measuredOn }: Catalogue): string[] {
  const recipe = recipes.find(({ name }) => name === on);
  const small = recipe !== undefined && "small" in recipe.presets ? " --preset small" : "";
  const time = recipe?.measured?.minutes ?? null;
  return [
    `use: gantry train ${on}${small} --with ${shellWord(word)}`,
    ...(time === null ? [] : [`     (${on} without it: ${minutes(time)} on ${measuredOn})`]),
  ];
}

export default defineCommand<ImportOptions>({
  name: "terms",
  summary: "list the terms that recipes are composed of, or show one",
  description:
    "Lists the terms: losses, penalties and other ideas, each out of one paper, that recipes are composed of. Add " +
    "one to a recipe with 'gantry train RECIPE --with TERM:option=value', and the same term once more under another name " +
    "with --with NAME=TERM:option=value.",
  options: [importOption, jsonOption],
  examples: [
    ["gantry terms", "all of them"],
    ["gantry terms show gradient-penalty", "one, with its options"],
  ],
  async run(output, _, options) {
    const { terms: all } = await catalogueWith(options);
    if (output.json) {
      output.printJson(all.map(({ name, kind, summary, source }) => ({ name, kind, summary, source })));
      return 0;
    }
    const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
    const left = Math.max(...all.map(({ name }) => name.length));
    output.print(
      kinds
        .map((kind) => {
          const rows = all
            .filter((term) => term.kind === kind)
            .map(({ name, summary }) => [name.padEnd(left), summary] as const);
          return `${output.style.bold(kind)}\n${columns(rows, output.columns)}`;
        })
        .join("\n"),
    );
    return 0;
  },
  commands: [
    defineCommand<ImportOptions>({
      name: "show",
      summary: "print a term's source and options",
      arguments: [{ name: "<term>", description: "its name" }],
      options: [importOption, jsonOption],
      examples: [
        ["gantry terms show gradient-penalty", "what it takes"],
        ["gantry terms show ./dragan.ts", "one of your own"],
      ],
      async run(output, [given = ""], own) {
        // A file of one's own.
        const isFile = /[./#]/.test(given);
        const name = isFile ? await (await import("@gantry/gan")).termNamed(given) : given;
        const catalogue = await (isFile ? freshCatalogue : catalogueWith)(own);
        const { terms, instances: known } = catalogue;
        // A name that only recipes give: what it is an instance of.
        const named = terms.some((each) => each.name === name)
          ? undefined
          : known.find((each) => each.name === name);
        const term = requireName("term", named?.term ?? name, terms);
        const { summary, source, kind, separable, options } = term;
        const instances = known.filter((each) => each.term === term.name);
        if (output.json) {
          output.printJson({ name: term.name, kind, separable, summary, source, options, instances });
          return 0;
        }
        const { style } = output;
        const head = [
          ...wrap(`${term.name}: ${summary}`, output.columns),
          ...wrap(`source: ${source}`, output.columns).map(style.dim),
        ];
        const splitting = separable
          ? "in parts that adaptive-weights can weigh"
          : "compares both sides, so that adaptive-weights refuses it";
        const rows = options.map((option) => {
          const value = option.default === undefined ? "" : `; default ${JSON.stringify(option.default)}`;
          return [option.name, `${option.description} (${option.type}${value})`.trim()] as const;
        });
        const number = options.find((option) => typeof option.default === "number");
        const setting = number === undefined ? "" : `:${number.name}=${number.default}`;
        output.print(
          [
            ...head,
            `kind: ${kind}${kind === "adversarial" ? ` (replaces the recipe's own; ${splitting})` : ""}`,
            "options:",
            rows.length === 0 ? "  none" : columns(rows, output.columns, style.bold),
            ...example(term, `${isFile ? given : term.name}${setting}`, catalogue),
            ...(kind === "adversarial" ? [] : [`again: --with NAME=${term.name}${setting}`]),
            ...instances.map((each) => `in ${each.recipe}: ${written(each)}`),
          ].join("\n"),
        );
        return 0;
      },
    }),
  ],
});
