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
  return `the ${family} networks are for square images of ${Object.keys(plans).join(", ")} pixels, not [${shape}]; set data.size`;
}
