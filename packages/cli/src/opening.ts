// What `train` says at once, before the engine is loaded: that it begins, and names that there are not.
import { builtCatalogue, hasOwnParts } from "./catalogue/catalogue.js";
import { refuseUnknown, type Typed } from "./catalogue/names.js";
import type { RecipeEntry } from "./catalogue/types.js";
import { UsageProblem } from "./errors.js";
import type { Output } from "./output.js";
import type { ImportOptions } from "./parts.js";
import { minutes } from "./render/recipes.js";

interface Options extends ImportOptions, Omit<Typed, "recipe"> {
  readonly config?: string;
  readonly dryRun?: boolean;
}

/**
 * Says what begins, or refuses it.
 * @throws UsageProblem for names that there are not
 */
export function announce(output: Output, recipe: string, options: Options): void {
  if (options.config === undefined && recipe === "")
    throw new UsageProblem("missing required argument 'recipe'; see 'gantry train --help'");
  const words = recipe === "" ? `by ${options.config}` : recipe;
  const on = options.data === undefined ? "" : ` on ${options.data}`;
  const preset = options.preset === undefined ? "" : `, preset ${options.preset}`;
  // Parts of one's own are known once they are imported.
  const catalogue = options.config !== undefined || hasOwnParts(options) ? undefined : builtCatalogue();
  // A plan in JSON is one object.
  const say = (message: string) => {
    if (!(output.json && options.dryRun)) output.reporter.opening(message);
  };
  if (catalogue === undefined) {
    say(`Starting ${words}${on}${preset}`);
    return;
  }
  refuseUnknown({ recipe, ...options }, catalogue);
  const entry = catalogue.recipes.find(({ name }) => name === recipe)!;
  say(`Starting ${words}${on}${preset}${known(entry, options, catalogue.measuredOn)}`);
}

/** How long it takes, where that was measured and nothing is changed that it depends on. */
function known({ measured }: RecipeEntry, options: Options, measuredOn: string): string {
  const { preset, data, set = [] } = options;
  const changed = ["steps", "batch", "epochs", "kimg", "size"].some((name) => name in options);
  if (preset !== "small" || changed || data !== undefined || set.length > 0) return "";
  if (measured === null || measured.minutes === null) return "";
  const more = options.with === undefined ? "" : " without what is added";
  return `: ${minutes(measured.minutes)} on ${measuredOn}${more}`;
}
