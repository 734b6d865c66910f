import { defineCommand } from "../command.js";
import { type ImportOptions, importOption, importOwn } from "../parts.js";
import { columns, wrap } from "../render/format.js";

const jsonOption = { flags: "--json", description: "print JSON" };

/** A term that a recipe composes under another name. */
interface Instance {
  readonly name: string;
  readonly term: string;
  readonly recipe: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** As after --with. */
function written({ name, term, options }: Instance): string {
  const given = Object.entries(options).map(([option, value]) => `${option}=${JSON.stringify(value)}`);
  return `${name}=${term}${given.length === 0 ? "" : ":"}${given.join(",")}`;
}

async function instancesInRecipes(): Promise<Instance[]> {
  const { recipes } = await import("@gantry/gan");
  return [...(await recipes.all()).values()].flatMap(({ name: recipe, config }) =>
    Object.entries((config.terms ?? {}) as Record<string, { term?: string } | null>).flatMap(
      ([name, value]) => {
        const { term, ...options } = value ?? {};
        return term === undefined ? [] : [{ name, term, recipe, options }];
      },
    ),
  );
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
    const { terms } = await import("@gantry/gan");
    await importOwn(options);
    const all = [...(await terms.all()).values()];
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
        const { describeOptions, termNamed, terms } = await import("@gantry/gan");
        await importOwn(own);
        const name = await termNamed(given);
        const known = await instancesInRecipes();
        // A name that only recipes give: what it is an instance of.
        const named = (await terms.all()).has(name) ? undefined : known.find((each) => each.name === name);
        const term = await terms.get(named?.term ?? name);
        const { summary, source, kind, separable = false, options: schema } = term;
        const options = describeOptions(schema);
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
        const example = options.find((option) => typeof option.default === "number");
        const setting = example === undefined ? "" : `:${example.name}=${example.default}`;
        output.print(
          [
            ...head,
            `kind: ${kind}${kind === "adversarial" ? ` (replaces the recipe's own; ${splitting})` : ""}`,
            "options:",
            rows.length === 0 ? "  none" : columns(rows, output.columns, style.bold),
            `use: gantry train gan --with ${name === given ? term.name : given}${setting}`,
            ...(kind === "adversarial" ? [] : [`again: --with NAME=${term.name}${setting}`]),
            ...instances.map((each) => `in ${each.recipe}: ${written(each)}`),
          ].join("\n"),
        );
        return 0;
      },
    }),
  ],
});
