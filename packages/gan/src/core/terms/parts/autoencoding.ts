import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import type { Plan } from "../../game/plan.js";
import { type AdversarialOptions, adversarialOptions } from "./adversarial.js";

/** The options of adversarial losses whose D is an autoencoder. */
export const autoencodingOptions = (error: "norm" | "squared" | "absolute", code: number) =>
  adversarialOptions.extend({
    error: z
      .enum(["norm", "squared", "absolute"])
      .default(error)
      .describe(
        "of a reconstruction: the Euclidean norm of the difference; the mean of its squares; of its absolutes",
      ),
    code: z.int().min(1).max(65_536).default(code).describe("numbers of D's code"),
  });

export type AutoencodingOptions = z.output<ReturnType<typeof autoencodingOptions>>;

/** The discriminators that a term's options name, or the composition has: final once every term has planned. */
const judges = (plan: Plan, { discriminator, real, fake, fool }: AdversarialOptions): string[] => {
  if (discriminator !== null) return [discriminator];
  const isNamed = real !== null || fake !== null || fool !== null;
  return isNamed ? ["discriminator"] : plan.contests.map((contest) => contest.discriminator);
};

/**
 * Makes autoencoders of the discriminators that a term plays.
 * @throws UsageError where one cannot be
 */
export function planAutoencoders(term: string, plan: Plan, options: AutoencodingOptions): void {
  plan.whenPlanned(() => {
    for (const name of new Set(judges(plan, options))) {
      if (!plan.players.has(name)) throw new UsageError(`${term}: there is no discriminator '${name}'`);
      plan.autoencode(term, name, options);
    }
  });
}
