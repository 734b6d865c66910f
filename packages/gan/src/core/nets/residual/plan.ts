/** What residual networks for images of one size are made of. */
export interface ResNetPlan {
  /** Side of G's first map. */
  readonly base: number;
  /** G's widths: of its first map, then of what each block makes. */
  readonly generator: readonly number[];
  /** What each of D's blocks makes. */
  readonly discriminator: readonly number[];
  /** How many of D's blocks, from the first, halve the size. */
  readonly halvings: number;
}

/** What D's body is made of. */
export type ResNetBody = Pick<ResNetPlan, "discriminator" | "halvings">;

/**
 * The plan for images of a shape among those by side, every width times `factor`.
 * @throws Error where there is none
 */
export function scaledPlan(
  plans: Readonly<Record<number, ResNetPlan>>,
  shape: readonly number[],
  factor: number,
): ResNetPlan {
  const plan = plans[shape[1] ?? 0];
  if (plan === undefined || shape.length !== 3)
    throw new Error(`no residual networks for the shape [${shape}]`);
  const scaled = (widths: readonly number[]) => widths.map((width) => width * factor);
  return { ...plan, generator: scaled(plan.generator), discriminator: scaled(plan.discriminator) };
}

/** Sides of the maps that D's blocks make of an image, but for the last one's. */
export const sidesInD = (side: number, { discriminator, halvings }: ResNetBody) =>
  discriminator.slice(0, -1).map((_, block) => side / 2 ** Math.min(block + 1, halvings));

/** Sides of the maps that G's blocks make, but for the last one's. */
export const sidesInG = ({ base, generator }: Pick<ResNetPlan, "base" | "generator">) =>
  generator.slice(1, -1).map((_, block) => base * 2 ** (block + 1));

/** The first block that makes a map of a side, from the sides of all; -1 where no side is asked for. */
export const blockBefore = (sides: readonly number[], attention: number | null) =>
  attention === null ? -1 : sides.indexOf(attention);

/**
 * Why self-attention cannot stand after maps of a side, and what to do; undefined where it can, or is not asked for.
 * @param inD the side in D, where that is another
 */
export function checkAttention(
  attention: number | null,
  side: number,
  plan: ResNetPlan,
  inD?: number,
): string | undefined {
  const ofG = sidesInG(plan);
  const ofD = sidesInD(side, plan);
  if (inD !== undefined) {
    const problem = (name: string, value: number | null, sides: readonly number[], network: string) =>
      value !== null && sides.includes(value)
        ? undefined
        : `net.${name}=${value}: ${network} has no such map at ${side} pixels; take ${[...new Set(sides)].join(", ")}`;
    return problem("attention", attention, ofG, "G") ?? problem("discriminatorAttention", inD, ofD, "D");
  }
  const both = ofG.filter((each) => ofD.includes(each));
  if (attention === null || both.includes(attention)) return undefined;
  return `net.attention=${attention}: G and D have no such map in common at ${side} pixels; take ${both.join(", ")}, or null`;
}
