import { z } from "zod";
import { drawMixture, mixtureOptions } from "../mixture.js";
import { defineDataset } from "../registry.js";

const coordinate = z.number().min(-1e6).max(1e6);

/** Two half circles, until somebody draws something else. */
const HALVES = Array.from({ length: 32 }, (_, i): [number, number] => {
  const angle = (Math.PI * (i % 16)) / 15;
  return i < 16
    ? [Math.cos(angle) - 0.5, Math.sin(angle) - 0.25]
    : [0.5 - Math.cos(angle), 0.25 - Math.sin(angle)];
});

export default defineDataset({
  name: "drawn",
  summary: "2-D points around means of your own, as drawn in 'gantry studio'",
  options: z.strictObject({
    points: z
      .array(z.tuple([coordinate, coordinate]))
      .min(1)
      .max(2000)
      .default(HALVES)
      .describe("the means; default two half circles"),
    std: z.number().positive().default(0.02).describe("standard deviation around a mean, each coordinate"),
    ...mixtureOptions,
  }),
  open: async ({ points, std, count, seed }) =>
    drawMixture(
      "drawn",
      points.map((mean) => ({ mean, std })),
      count,
      seed,
    ),
});
