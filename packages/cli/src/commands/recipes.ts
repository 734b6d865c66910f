import { catalogueWith } from "../catalogue/catalogue.js";
import { requireName } from "../catalogue/names.js";
import { defineCommand } from "../command.js";
import { type ImportOptions, importOption, importOwn, parseTerms } from "../parts.js";
import { prettyJson } from "../render/format.js";
import { describeRecipes } from "../render/recipes.js";

const jsonOption = { flags: "--json", description: "print JSON" };

export default defineCommand<ImportOptions>({
  name: "recipes",
  summary: "list the recipes, or show one",
  description:
    "Lists the recipes: named compositions with their papers' hyperparameters, by what they are for; with what data each wants, " +
    "its presets, and how long the small one takes.",
  options: [importOption, jsonOption],
  examples: [
    ["gantry recipes", "all of them, by what they are for"],
    ["gantry recipes show wgan-gp", "one, with every setting"],
  ],
  async run(output, _, options) {
    const { recipes, measuredOn } = await catalogueWith(options);
    if (output.json)
      output.printJson(
        recipes.map(({ group, plain, presets, measured, ...recipe }) => ({
          ...recipe,
          group: group?.key ?? null,
          data: plain?.data ?? null,
          presets: Object.keys(presets),
          minutes: measured?.minutes ?? null,
          memory: measured?.memory ?? null,
        })),
      );
    else output.print(describeRecipes(recipes, measuredOn, output.style, output.columns));
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
        requireName("recipe", name, (await catalogueWith(options)).recipes);
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
