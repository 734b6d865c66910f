import { type Spread, showSpread, standardErrorsApart } from "@gantry/gan/sweep";

/** Standard errors that two means must lie apart for a difference to count as shown. */
const SHOWN_APART = 2;

/** What the columns of {@link compareModes} mean. */
export const CLAIM_MEANING = `Holds: the means are more than ${SHOWN_APART} standard errors apart, in that direction; the opposite: as far in the other. In brackets: the paper that claims it.`;

export const claimHead = (kl: string): readonly string[] => [
  "better than the plain GAN?",
  "modes",
  "more modes",
  kl,
  "lower KL",
];

/** One method's modes and KL over its seeds. */
export interface Spreads {
  /** What is compared, with who claims that it is better. */
  readonly label: string;
  readonly modes: Spread;
  readonly kl: Spread;
}

function verdict(apart: number | undefined): string {
  if (apart === undefined) return "not decided (one seed)";
  if (apart > SHOWN_APART) return "holds";
  return apart < -SHOWN_APART ? "the opposite" : "not decided";
}

/**
 * One method against the plain GAN, as cells under {@link claimHead}.
 * @param digits of modes and KL
 */
export function compareModes(
  one: Spreads,
  plain: Omit<Spreads, "label">,
  digits: readonly [modes: number, kl: number] = [1, 2],
): string[] {
  const against = (which: "modes" | "kl", places: number) =>
    `${showSpread(one[which], places)} vs ${showSpread(plain[which], places)}`;
  return [
    one.label,
    against("modes", digits[0]),
    verdict(standardErrorsApart(one.modes, plain.modes)),
    against("kl", digits[1]),
    verdict(standardErrorsApart(plain.kl, one.kl)),
  ];
}
