import type { DataShape } from "./sample.js";

/**
 * Why a family's networks are not for some data, and what to do; undefined where there is a plan for it.
 * @param plans by the side of square images, in pixels
 */
export function checkShape(
  family: string,
  plans: Readonly<Record<number, unknown>>,
  { kind, shape }: DataShape,
): string | undefined {
  const [, height = 0, width] = shape;
  if (kind === "images" && height === width && plans[height] !== undefined) return undefined;
  const sides = Object.keys(plans).map(Number);
  const nearest = sides.toSorted((a, b) => Math.abs(a - height) - Math.abs(b - height))[0];
  return `the ${family} networks are for square images of ${sides.join(", ")} pixels, not [${shape}]; set data.size=${nearest}`;
}
