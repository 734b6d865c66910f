import type { Json } from "../core/base/json.js";
import { shortPaths, shortValue } from "../evaluation/compare/labels.js";

/** What of a cell tells it from the others. */
export interface Parts {
  /** Undefined where all cells have the same. */
  readonly composition: string | undefined;
  readonly data: string | undefined;
  readonly seed: number | undefined;
  /** Its values by the paths of the settings in which cells differ. */
  readonly settings: ReadonlyMap<string, Json>;
}

/** A folder's name has so many characters at most, and of one value so many. */
const LONGEST = 120;
const LONGEST_VALUE = 32;

/**
 * Names of cells by what differs, which are names of folders too: `infomax-gan-alpha=0.1-seed=0`. What would be too long, or
 * is another's name already, ends in a number.
 * @param otherwise the name where nothing differs
 */
export function nameCells(cells: readonly Parts[], otherwise: string): string[] {
  const short = shortPaths([...new Set(cells.flatMap(({ settings }) => [...settings.keys()]))]);
  const taken = new Set<string>();
  return cells.map(({ composition, data, seed, settings }, i) => {
    const words = [
      composition,
      data,
      ...[...settings].map(
        ([path, value]) => `${short.get(path)}=${plain(shortValue(value), LONGEST_VALUE)}`,
      ),
      ...(seed === undefined ? [] : [`seed=${seed}`]),
    ].filter((word) => word !== undefined);
    const name = plain(words.join("-") || otherwise, Number.POSITIVE_INFINITY);
    const fits = name.length <= LONGEST && !taken.has(name);
    const chosen = fits ? name : `${name.slice(0, LONGEST)}-${i}`;
    taken.add(chosen);
    return chosen;
  });
}

/** Letters, digits and what no shell and no file system minds. */
const plain = (text: string, longest: number): string =>
  text
    .replace(/[^\w.=+-]+/g, "-")
    .replace(/^[.-]+|-+$/g, "")
    .slice(0, longest);
