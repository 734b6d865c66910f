import { defineCommand } from "../command.js";
import { type ImportOptions, importOption, importOwn } from "../parts.js";
import { columns, wrap } from "../render/format.js";

const jsonOption = { flags: "--json", description: "print JSON" };

export default defineCommand<ImportOptions>({
  name: "terms",
  summary: "list the terms that recipes are composed of, or show one",
  description:
    "Lists the terms: losses, penalties and other ideas, each out of one paper, that recipes are composed of. Add " +
    "one to a recipe with 'gantry train RECIPE --with TERM:option=value'.",
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
        const { name, summary, source, kind, options: schema } = await terms.get(await termNamed(given));
        const options = describeOptions(schema);
        if (output.json) {
          output.printJson({ name, kind, summary, source, options });
          return 0;
        }
        const { style } = output;
        const head = [
          ...wrap(`${name}: ${summary}`, output.columns),
          ...wrap(`source: ${source}`, output.columns).map(style.dim),
        ];
        const rows = options.map((option) => {
          const value = option.default === undefined ? "" : `; default ${JSON.stringify(option.default)}`;
          return [option.name, `${option.description} (${option.type}${value})`.trim()] as const;
        });
        const example = options.find((option) => typeof option.default === "number");
        const setting = example === undefined ? "" : `:${example.name}=${example.default}`;
        output.print(
          [
            ...head,
            `kind: ${kind}${kind === "adversarial" ? " (replaces the recipe's own)" : ""}`,
            "options:",
            rows.length === 0 ? "  none" : columns(rows, output.columns, style.bold),
            `use: gantry train gan --with ${given}${setting}`,
          ].join("\n"),
        );
        return 0;
      },
    }),
  ],
});
