import { z } from "zod";
import { drawMixture, mixtureOptions } from "../mixture.js";
import { defineDataset } from "../registry.js";

export default defineDataset({
  name: "grid",
  summary: "2-D points around means on a square grid",
  // Defaults: 25 means on {-4, -2, 0, 2, 4} squared. Source: fjxmlzn/PacGAN, VEEGAN experiments.
  options: z.strictObject({
    side: z.int().min(1).max(100).default(5).describe("means along each side"),
    spacing: z.number().positive().default(2).describe("between neighbouring means"),
    std: z.number().positive().default(0.05).describe("standard deviation around a mean, each coordinate"),
    ...mixtureOptions,
  }),
  open: async ({ side, spacing, std, count, seed }) => {
    const along = Array.from({ length: side }, (_, place) => (place - (side - 1) / 2) * spacing);
    const modes = along.flatMap((x) => along.map((y) => ({ mean: [x, y], std })));
    return drawMixture("grid", modes, count, seed);
  },
});
