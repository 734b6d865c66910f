import { defineCommand } from "../command.js";
import { columns, wrap } from "../render/format.js";

const jsonOption = { flags: "--json", description: "print JSON" };

export default defineCommand({
  name: "terms",
  summary: "list the terms that recipes are composed of, or show one",
  description:
    "Lists the terms: losses, penalties and other ideas, each out of one paper, that recipes are composed of. Add " +
    "one to a recipe with 'gantry train RECIPE --with TERM:option=value'.",
  options: [jsonOption],
  examples: [
    ["gantry terms", "all of them"],
    ["gantry terms show gradient-penalty", "one, with its options"],
  ],
  async run(output) {
    const { terms } = await import("@gantry/gan");
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
    defineCommand({
      name: "show",
      summary: "print a term's source and options",
      arguments: [{ name: "<term>", description: "its name" }],
      options: [jsonOption],
      examples: [["gantry terms show gradient-penalty", "what it takes"]],
      async run(output, [name = ""]) {
        const { describeOptions, terms } = await import("@gantry/gan");
        const { summary, source, kind, options: schema } = await terms.get(name);
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
            `use: gantry train gan --with ${name}${setting}`,
          ].join("\n"),
        );
        return 0;
      },
    }),
  ],
});
