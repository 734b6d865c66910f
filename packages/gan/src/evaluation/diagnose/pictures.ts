import { lines } from "../../core/figures/index.js";
import type { Found } from "./diagnose.js";

/** A finding's number over the training, against its threshold, as SVG; undefined where it is one number. */
export function drawFinding({ finding, evidence }: Found): string | undefined {
  const { curve = [], threshold, measured } = evidence;
  const shown = curve.filter(({ value }) => Number.isFinite(value));
  if (shown.length < 2) return undefined;
  const x = shown.map(({ iteration }) => iteration);
  return lines(
    [
      {
        title: finding.name,
        lines: [
          { label: measured, x, y: shown.map(({ value }) => value) },
          {
            label: `threshold ${threshold}`,
            x: [x[0]!, x.at(-1)!],
            y: [threshold, threshold],
            colour: "#d95f02",
          },
        ],
      },
    ],
    { xLabel: "iteration", yLabel: "", legend: false },
  );
}
