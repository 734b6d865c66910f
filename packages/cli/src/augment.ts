import type { Added, Config } from "@gantry/gan";
import type { CommandOption } from "./command.js";
import { UsageProblem } from "./errors.js";
import { parseTerms } from "./parts.js";

/** What helps where images are few; `top-k` is no cure for that. */
const AUGMENTATIONS = ["mirror", "diff-augment", "ada", "apa", "lecam", "consistency"];

export const augmentOption: CommandOption = {
  flags: "--augment [name]",
  description: `for few images: ${AUGMENTATIONS.join(", ")}, with options as for --with; without a name the one that fits`,
};

/**
 * The terms of `--augment`.
 * @param given its value; true without a name
 * @param config the composition without it
 */
export async function augmentTerms(
  given: string | true | undefined,
  config: Pick<Config, "terms">,
): Promise<Added[]> {
  if (given === undefined) return [];
  if (given !== true) {
    const [name = ""] = given.split(":");
    if (!AUGMENTATIONS.includes(name))
      throw new UsageProblem(
        `--augment ${given}: it takes ${AUGMENTATIONS.join(", ")}, or no name; data goes before it, or behind --data`,
      );
    return await parseTerms([given]);
  }
  const { fittingAugmentation } = await import("@gantry/gan");
  const name = fittingAugmentation(config);
  if (name === undefined)
    throw new UsageProblem(
      `--augment: of the terms (${Object.keys(config.terms).join(", ")}) one augments already, or none lets D look at images; leave --augment out, or name one`,
    );
  return await parseTerms([name]);
}
