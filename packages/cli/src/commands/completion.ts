import { type Command, defineCommand, loadCommands } from "../command.js";
import { complete } from "../completion/complete.js";
import { type Shell, scripts } from "../completion/scripts.js";
import { UsageProblem } from "../errors.js";

const shells = Object.keys(scripts) as Shell[];

export default defineCommand({
  name: "completion",
  summary: "print what makes a shell complete gantry's words",
  description:
    "Prints a script for bash, zsh or fish: commands, options, recipes and their presets, terms with their options, data sets, " +
    "settings and runs are then completed by the Tab key.",
  arguments: [{ name: "<shell>", description: shells.join(", ") }],
  options: [],
  examples: [
    ["gantry completion bash > ~/.local/share/bash-completion/completions/gantry", "for every new bash"],
    ["gantry completion zsh > ~/.zfunc/_gantry", "for zsh, where ~/.zfunc is in its $fpath"],
    ["gantry completion fish > ~/.config/fish/completions/gantry.fish", "for fish"],
  ],
  async run(output, [shell = ""]) {
    if (!shells.includes(shell as Shell))
      throw new UsageProblem(`there is no completion for '${shell}'; there is: ${shells.join(", ")}`);
    output.print(scripts[shell as Shell].trimEnd());
    return 0;
  },
  commands: [
    defineCommand({
      name: "words",
      summary: "what the scripts ask for: the words that may stand next, a line each",
      arguments: [
        { name: "<word...>", description: "the line behind gantry, behind --; the last word is completed" },
      ],
      examples: [["gantry completion words -- train gan --preset ''", "presets of the recipe gan"]],
      async run(output, words) {
        const commands: readonly Command[] = await loadCommands();
        const found = await complete(words, commands);
        if (found.length > 0) output.print(found.join("\n"));
        return 0;
      },
    }),
  ],
});
