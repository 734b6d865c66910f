import { defineCommand } from "../command.js";
import { type ImportOptions, importOption, importOwn, parseTerms } from "../parts.js";
import { prettyJson, wrap } from "../render/format.js";

const jsonOption = { flags: "--json", description: "print JSON" };

export default defineCommand<ImportOptions>({
  name: "recipes",
  summary: "list the recipes, or show one",
  description: "Lists the recipes: named compositions with their papers' hyperparameters.",
  options: [importOption, jsonOption],
  examples: [
    ["gantry recipes", "all of them, with their sources"],
    ["gantry recipes show wgan-gp", "one, with every setting"],
  ],
  async run(output, _, options) {
    const { recipes } = await import("@gantry/gan");
    await importOwn(options);
    const all = [...(await recipes.all()).values()];
    if (output.json) {
      output.printJson(
        all.map(({ name, summary, source, extends: base, presets, ownPresets }) => ({
          name,
          summary,
          source,
          extends: base ?? null,
          presets: Object.keys({ ...presets, ...ownPresets }),
        })),
      );
      return 0;
    }
    const left = Math.max(...all.map(({ name }) => name.length)) + 4;
    const indent = " ".repeat(left);
    const width = output.columns - left;
    const lines = all.flatMap(({ name, summary, source }) => {
      const [first = "", ...rest] = wrap(summary, width);
      return [
        `  ${output.style.bold(name)}${" ".repeat(left - 2 - name.length)}${first}`,
        ...rest.map((line) => indent + line),
        ...wrap(source, width).map((line) => indent + output.style.dim(line)),
      ];
    });
    output.print(lines.join("\n"));
    return 0;
  },
  commands: [
    defineCommand<
      ImportOptions & {
        readonly preset?: string;
        readonly with?: readonly string[];
        readonly set?: readonly string[];
      }
    >({
      name: "show",
      summary: "print a recipe's whole configuration",
      description: "Prints a recipe's whole configuration, every default filled in, as JSON.",
      arguments: [{ name: "<recipe>", description: "its name" }],
      options: [
        { flags: "--preset <name>", description: "a variant of the recipe" },
        { flags: "--with <term[:key=value,...]>", description: "add a term; repeatable", repeats: true },
        { flags: "--set <path=value>", description: "change a setting; repeatable", repeats: true },
        importOption,
        jsonOption,
      ],
      examples: [
        ["gantry recipes show wgan-gp", "as in the paper"],
        ["gantry recipes show dcgan --preset small", "for small machines"],
      ],
      async run(output, [name = ""], options) {
        const { parseSetting, recipes, resolveConfig } = await import("@gantry/gan");
        await importOwn(options);
        const { summary, source } = await recipes.get(name);
        const config = await resolveConfig({
          recipe: name,
          preset: options.preset,
          with: await parseTerms(options.with),
          settings: (options.set ?? []).map(parseSetting),
          strict: true,
        });
        if (!output.json) {
          output.reporter.note(`${name}: ${summary}`);
          output.reporter.note(`source: ${source}`);
        }
        output.print(output.json ? JSON.stringify(config) : prettyJson(config));
        return 0;
      },
    }),
  ],
});
