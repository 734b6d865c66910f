import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { defaultRunPath, type SettingOptions, settingOptions, settingsOf } from "../settings.js";

interface Options extends SettingOptions {
  readonly preset?: string;
  readonly out?: string;
  readonly with?: readonly string[];
  readonly dryRun?: boolean;
}

export default defineCommand<Options>({
  name: "train",
  summary: "train a GAN by a recipe",
  description:
    "Trains a GAN by a recipe, into a new run directory: its configuration, every loss, pictures of samples and " +
    "checkpoints. Ctrl-C saves a checkpoint; 'gantry resume' goes on from there, to the bit.",
  arguments: [{ name: "<recipe>", description: "see 'gantry recipes'" }],
  options: [
    { flags: "--preset <name>", description: "a variant of the recipe: small, for small machines" },
    {
      flags: "--with <term[:key=value,...]>",
      description: "add a term, see 'gantry terms'; repeatable",
      repeats: true,
    },
    ...settingOptions,
    { flags: "--out <dir>", description: "the run directory; default runs/RECIPE-DATA-SEED" },
    { flags: "--dry-run", description: "check everything, print the plan, and write nothing" },
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry train gan --preset small", "2-D points, on the processor in a minute"],
    ["gantry train dcgan --preset small --steps 500", "Fashion-MNIST, a first look"],
    ["gantry train wgan-gp --data photos.zip --set data.size=64", "your own images, cut to 64 by 64"],
    ["gantry train gan --with gradient-penalty:weight=1,sides=one", "a recipe with one more term"],
    ["gantry train dcgan --set optimizers.default.learningRate=1e-4", "a recipe with another setting"],
  ],
  async run(output, [recipe = ""], options) {
    const { parseTerm, resolveConfig, startRun } = await import("@gantry/gan");
    const config = await resolveConfig({
      recipe,
      preset: options.preset,
      with: (options.with ?? []).map(parseTerm),
      settings: await settingsOf(options),
    });
    if (options.out === "") throw new UsageProblem("--out is empty; name a folder");
    const path = options.out ?? (await defaultRunPath(config));
    if (options.dryRun === true) {
      const { showPlan } = await import("../plan.js");
      return await showPlan(output, config, path);
    }
    const { trainAndShow } = await import("../training.js");
    return await trainAndShow(output, path, (context) => startRun(config, path, context));
  },
});
