import type { Dataset } from "./dataset.js";

/** The names of the 1000 numbers that three digits make: `000` to `999`. */
export const NUMBERS: readonly string[] = Array.from({ length: 1000 }, (_, number) =>
  String(number).padStart(3, "0"),
);

/**
 * Items of a data set of digits, three to a number, in memory that threads can share.
 * @param draw gives one item
 */
export function drawTriples(count: number, draw: () => number): Uint32Array {
  const table = new Uint32Array(new SharedArrayBuffer(count * 3 * 4));
  for (let place = 0; place < table.length; place++) table[place] = draw();
  return table;
}

/** 100a + 10b + c for each triple of digits a, b, c. */
export function numbersOf(digits: Dataset, table: Uint32Array): Int32Array {
  const digitOf = digits.labels(table)!;
  return Int32Array.from(
    { length: table.length / 3 },
    (_, item) => 100 * digitOf[3 * item]! + 10 * digitOf[3 * item + 1]! + digitOf[3 * item + 2]!,
  );
}
