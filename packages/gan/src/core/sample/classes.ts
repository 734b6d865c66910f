import { UsageError } from "../base/errors.js";
import { didYouMean } from "../base/nearest.js";

/** Images in a row that share a class, where several classes are drawn. */
export const PER_CLASS = 8;

/**
 * `3`, `0-4`, `cat`, `0,2,cat`: classes by number, from 0, or by name. What is a number is one, whatever the names are.
 * @param count how many there are
 * @param names where they are known
 * @throws UsageError for a class that there is not
 */
export function parseClasses(text: string, count: number, names: readonly string[] | undefined): number[] {
  const whole = names?.indexOf(text) ?? -1;
  // A name may hold what else parts one from the next.
  if (whole >= 0 && !/^\d+$/.test(text)) return [whole];
  const found = text.split(",").flatMap((part) => classesOf(part.trim(), count, names));
  const twice = found.find((each, i) => found.indexOf(each) !== i);
  if (twice !== undefined) throw new UsageError(`class ${twice} is named twice; name each once`);
  return found;
}

function classesOf(part: string, count: number, names: readonly string[] | undefined): number[] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
  if (first !== undefined) {
    const [from, to] = [Number(first), Number(last)];
    if (from > to) throw new UsageError(`classes ${part}: a range goes up; write ${to}-${from}`);
    if (to >= count) throw new UsageError(`there is no class ${to}: the run has ${count}, 0 to ${count - 1}`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  const place = names?.indexOf(part) ?? -1;
  if (place >= 0) return [place];
  if (names === undefined)
    throw new UsageError(
      `the run keeps no names of its classes; give numbers, from 0 to ${count - 1}, instead of '${part}'`,
    );
  const shown = names.length > 20 ? `${names.slice(0, 20).join(", ")}, ...` : names.join(", ");
  throw new UsageError(
    `there is no class '${part}'${didYouMean(part, names)}; numbers from 0 to ${count - 1}, or: ${shown}`,
  );
}

/** The class of each place of a grid: a row of 8 for each of `classes`, and from the first again. */
export const rowClasses = (from: number, count: number, classes: readonly number[]): Int32Array =>
  Int32Array.from(
    { length: count },
    (_, i) => classes[Math.floor((from + i) / PER_CLASS) % classes.length] as number,
  );
