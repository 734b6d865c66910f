import { heat, panels } from "@gantry/gan/figures";
import { type Look, targetHeat } from "./points.js";

const SIZE = 96;
/** Columns of a picture at most, without the data. */
const COLUMNS = 8;

/** Looks, evenly chosen, the last one with them. */
export const evenly = <T>(all: readonly T[], count: number): T[] =>
  all.length <= count
    ? [...all]
    : Array.from({ length: count }, (_, i) => all[Math.round(((i + 1) * all.length) / count) - 1]!);

/** Generated points as heat maps: rows methods, columns times, last the data. */
export function heatPicture(
  rows: readonly { readonly name: string; readonly looks: readonly Look[] }[],
  target: { readonly means: readonly (readonly number[])[]; readonly std: number; readonly limit: number },
): string {
  const data = heat(targetHeat(target.means, target.std, target.limit), { size: SIZE });
  const shown = rows.map(({ name, looks }) => ({ name, looks: evenly(looks, COLUMNS) }));
  return panels(
    {
      columns: [...(shown[0]?.looks ?? []).map(({ iteration }) => String(iteration)), "data"],
      rows: shown.map(({ name, looks }) => ({
        name,
        pictures: [
          ...looks.map((look) =>
            look.heat === undefined
              ? undefined
              : heat(
                  look.heat.map((line) => line.map(Math.sqrt)),
                  { size: SIZE },
                ),
          ),
          data,
        ],
      })),
    },
    { size: SIZE },
  );
}
