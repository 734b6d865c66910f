import { z } from "zod";
import { drawMixture, mixtureOptions } from "../mixture.js";
import { defineDataset } from "../registry.js";

export default defineDataset({
  name: "ring",
  summary: "2-D points around evenly spaced means on a circle",
  // Defaults: 8 means on the unit circle. Source: fjxmlzn/PacGAN, VEEGAN experiments.
  options: z.strictObject({
    modes: z.int().min(1).max(1000).default(8).describe("how many means"),
    radius: z.number().positive().default(1).describe("of the circle"),
    std: z.number().positive().default(0.01).describe("standard deviation around a mean, each coordinate"),
    ...mixtureOptions,
  }),
  open: async ({ modes, radius, std, count, seed }) => {
    const means = Array.from({ length: modes }, (_, mode) => {
      const angle = (2 * Math.PI * mode) / modes;
      return { mean: [radius * Math.cos(angle), radius * Math.sin(angle)], std };
    });
    return drawMixture("ring", means, count, seed);
  },
});
