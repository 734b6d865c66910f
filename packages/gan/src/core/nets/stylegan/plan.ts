import { z } from "zod";

export const styleOptions = z.strictObject({
  channels: z
    .int()
    .min(4)
    .max(16_384)
    .default(512)
    .describe("most channels of a map; maps of 64 pixels have half as many, of 128 a quarter, and so on"),
  styleSize: z
    .int()
    .min(1)
    .max(65_536)
    .default(512)
    .describe("length of w, and width of the mapping network"),
  mappingLayers: z.int().min(1).max(64).default(8).describe("layers of the mapping network"),
  mixing: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe("how often, in training, the later layers take the style of other latents"),
});

export type StyleOptions = z.output<typeof styleOptions>;

/** Side of the smallest maps. */
export const BASE = 4;

/** Sides of the maps, from 4 to the image's. */
export const sidesOf = (shape: readonly number[]): number[] => {
  const sides = [BASE];
  while (sides.at(-1)! < shape[1]!) sides.push(sides.at(-1)! * 2);
  return sides;
};

/** Channels of maps of a side in G, and of what D makes of them: as many at 4 as at 32 pixels. */
export const widthAt = (side: number, channels: number): number =>
  Math.min(channels, Math.floor((32 * channels) / side));

/**
 * Sides that networks have images of before they are whole.
 * @param growing the first of them; undefined for networks that do not grow
 */
export const smallSides = (sides: readonly number[], growing: number | undefined): number[] =>
  growing === undefined ? [] : sides.slice(0, -1).filter((side) => side >= growing);
