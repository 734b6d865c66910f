import type { Config } from "../../core/config/schema.js";

/** What D minimises under each adversarial loss where it calls everything neither real nor fake, by the options of the term. */
const INDIFFERENT: Readonly<
  Record<string, (options: Readonly<Record<string, unknown>>) => number | undefined>
> = {
  "non-saturating": () => 2 * Math.LN2,
  minimax: () => 2 * Math.LN2,
  hinge: () => 2,
  relativistic: ({ base }) => (base === "softplus" ? Math.LN2 : 1),
  "least-squares": ({ realLabel, fakeLabel, half }) =>
    typeof realLabel === "number" && typeof fakeLabel === "number"
      ? ((half === false ? 1 : 0.5) * (realLabel - fakeLabel) ** 2) / 2
      : undefined,
};

/**
 * The loss of D's that tells who is winning: its name among the logged scalars, and what it is where D cannot tell reals from
 * fakes. Undefined for losses without such a point (Wasserstein's).
 */
export function lossOf(config: Config): { readonly name: string; readonly indifferent: number } | undefined {
  for (const [name, { term, ...options }] of Object.entries(config.terms)) {
    const indifferent = INDIFFERENT[term ?? name]?.(options);
    if (indifferent !== undefined) return { name: `discriminator/${name}`, indifferent };
  }
  return undefined;
}
