import type { Tensor } from "@gantry/torch";
import { recolored } from "./color.js";
import { corrupted } from "./corruptions.js";
import type { Draws } from "./draws.js";
import { filtered, SMALLEST_FILTERED } from "./filters.js";
import { drawPlacement, type Multipliers } from "./geometry.js";
import { warp } from "./warp.js";

/** The transforms of the pipe, by group, in their order. */
const GROUPS = {
  blit: ["xflip", "rotate90", "xint"],
  geom: ["scale", "rotate", "aniso", "xfrac"],
  color: ["brightness", "contrast", "lumaflip", "hue", "saturation"],
  filter: ["imgfilter"],
  noise: ["noise"],
  cutout: ["cutout"],
} as const;

type Group = keyof typeof GROUPS;

/** The pipes that ADA's code has a name for. */
const PIPES = {
  blit: ["blit"],
  geom: ["geom"],
  color: ["color"],
  filter: ["filter"],
  noise: ["noise"],
  cutout: ["cutout"],
  bg: ["blit", "geom"],
  bgc: ["blit", "geom", "color"],
  bgcf: ["blit", "geom", "color", "filter"],
  bgcfn: ["blit", "geom", "color", "filter", "noise"],
  bgcfnc: ["blit", "geom", "color", "filter", "noise", "cutout"],
} as const satisfies Record<string, readonly Group[]>;

export const PIPE_NAMES = Object.keys(PIPES) as (keyof typeof PIPES)[];
export const TRANSFORMS = Object.values(GROUPS).flat();

/** By transform, the factor on the probability: 1 for those of a pipe, but where said otherwise. */
export function multipliersOf(pipe: keyof typeof PIPES, others: Multipliers): Multipliers {
  const own = PIPES[pipe].flatMap((group) => GROUPS[group].map((name): [string, number] => [name, 1]));
  return Object.fromEntries([...own, ...Object.entries(others)]);
}

const on = (factors: Multipliers, names: readonly string[]) => names.some((name) => (factors[name] ?? 0) > 0);

/** Whether images are turned, by quarters or otherwise. */
export const turnsImages = (factors: Multipliers): boolean => on(factors, ["rotate90", "rotate"]);

/** Why images of this shape cannot go through a pipe; undefined where they can. */
export function unfit(factors: Multipliers, [channels = 0, height = 0, width = 0]: readonly number[]) {
  if (on(factors, GROUPS.color) && channels !== 1 && channels !== 3)
    return `changes colours, and these images have ${channels} channels, not 1 or 3; take pipe=bg`;
  if (on(factors, GROUPS.filter) && Math.min(height, width) < SMALLEST_FILTERED)
    return `filters images of ${SMALLEST_FILTERED} pixels a side or more, and these have ${width}x${height}; take pipe=bgc`;
  return undefined;
}

/**
 * ADA's pipe: images laid anew, recoloured, filtered, corrupted, each transform of each image with its own factor times the
 * probability.
 * @param images N,C,H,W
 */
export function augmented(images: Tensor, probability: number, factors: Multipliers, draws: Draws): Tensor {
  const [count = 0, , height = 0, width = 0] = images.shape;
  const placement = drawPlacement(draws, { count, width, height }, probability, factors);
  const laid = placement === undefined ? images : warp(images, placement);
  const colored = recolored(laid, probability, factors, draws);
  const { imgfilter = 0 } = factors;
  const sharpened = imgfilter > 0 ? filtered(colored, imgfilter * probability, draws) : colored;
  return corrupted(sharpened, probability, factors, draws);
}
