import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/errors.js";
import { parseClasses, rowClasses } from "./classes.js";

const names = ["cat", "dog", "T-shirt/top", "red, round"];

test("classes by number, range and name", () => {
  for (const [text, expected] of [
    ["3", [3]],
    ["0-2", [0, 1, 2]],
    ["2,0", [2, 0]],
    ["dog, 0", [1, 0]],
    ["T-shirt/top", [2]],
    ["red, round", [3]],
    ["0-1,T-shirt/top", [0, 1, 2]],
  ] as const)
    assert.deepEqual(parseClasses(text, 4, names), expected, text);
  // A number is a number, whatever classes are called.
  assert.deepEqual(parseClasses("1", 2, ["1", "0"]), [1]);
});

test("what is no class is refused, and says what there is", () => {
  for (const [text, reason] of [
    ["4", /no class 4: the run has 4, 0 to 3/],
    ["2-7", /no class 7/],
    ["3-1", /a range goes up; write 1-3/],
    ["0-1,1", /class 1 is named twice/],
    ["cow", /no class 'cow'.*cat, dog/],
    ["", /no class ''/],
    ["-1", /no class '-1'/],
  ] as const)
    assert.throws(
      () => parseClasses(text, 4, names),
      (error) => error instanceof UsageError && reason.test(error.message),
      text,
    );
  assert.throws(
    () => parseClasses("cat", 4, undefined),
    /keeps no names of its classes; give numbers, from 0/,
  );
});

test("a row of eight for each class, and from the first again, wherever a part begins", () => {
  const all = rowClasses(0, 30, [5, 2, 9]);
  assert.deepEqual([...all.subarray(0, 8)], Array(8).fill(5));
  assert.deepEqual([...all.subarray(8, 26)], [...Array(8).fill(2), ...Array(8).fill(9), 5, 5]);
  assert.deepEqual(rowClasses(13, 9, [5, 2, 9]), all.slice(13, 22));
});
