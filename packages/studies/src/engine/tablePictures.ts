import { readFileSync } from "node:fs";
import { lines } from "@gantry/gan/figures";
import { spread } from "@gantry/gan/sweep";
import type { PagePicture } from "./page.js";
import type { TableReading } from "./tableReading.js";

/** A score over training for each row, a plot a data set: the mean over seeds, with a band of a deviation. */
export function curvesPicture(
  reading: TableReading,
  metric: string,
  { rows, title, name = "curves" }: { rows: readonly string[]; title: string; name?: string },
): PagePicture[] {
  const plots = reading.data.map((data) => ({
    title: data.title,
    lines: rows.flatMap((row) => {
      const curves = reading.curves(data.name, row, metric);
      const x = curves[0]?.iterations ?? [];
      const spreads = x.map((_, i) => spread(curves.flatMap(({ values }) => values[i] ?? [])));
      return x.length === 0
        ? []
        : [{ label: row, x, y: spreads.map(({ mean }) => mean), band: spreads.map(({ std }) => std) }];
    }),
  }));
  if (plots.every((plot) => plot.lines.length === 0)) return [];
  const picture = lines(plots, { xLabel: "iteration", yLabel: title });
  return [
    { name, picture, caption: `${title} over training: the mean over seeds, with a band of one deviation.` },
  ];
}

/** What is left of a score against a number that the rows have, a line a series. */
export function againstPicture(
  reading: TableReading,
  metric: string,
  {
    series,
    xLabel,
    title,
    name,
  }: {
    series: readonly { label: string; points: readonly (readonly [x: number, row: string])[] }[];
    xLabel: string;
    title: string;
    name: string;
  },
): PagePicture[] {
  const plots = reading.data.map((data) => ({
    title: data.title,
    lines: series.map(({ label, points }) => {
      const spreads = points.map(([, row]) => spread(reading.last(data.name, row, metric)));
      return {
        label,
        x: points.map(([x]) => x),
        y: spreads.map(({ mean }) => mean),
        band: spreads.map(({ std }) => std),
      };
    }),
  }));
  if (plots.length === 0) return [];
  const picture = lines(plots, { xLabel, yLabel: title, legend: series.length > 1 });
  return [{ name, picture, caption: `${title}: the mean over seeds, with a band of one deviation.` }];
}

/**
 * The samples of one seed of each row, as training drew them last.
 * @param rows by name; default all
 */
export function samplePictures(
  reading: TableReading,
  rows: readonly string[] = reading.rows.map(({ name }) => name),
): PagePicture[] {
  return reading.data.flatMap(({ name, title }) =>
    rows.flatMap((row): PagePicture[] => {
      const file = reading.picture(name, row);
      try {
        return file === undefined
          ? []
          : [
              {
                name: `samples-${name}-${row}`,
                picture: readFileSync(file),
                caption: `Samples of ${row}, ${title}; one seed, drawn by chance.`,
              },
            ];
      } catch {
        // The run's folder was taken away: its numbers are kept apart.
        return [];
      }
    }),
  );
}
