import assert from "node:assert/strict";
import { test } from "node:test";
import { numberFrom, wholeNumber } from "./numbers.js";

test("numbers are taken as people write them", () => {
  assert.equal(wholeNumber("--count", "1e3", 1), 1000);
  assert.equal(wholeNumber("--count", "2.5e2", 1), 250);
  assert.equal(wholeNumber("--count", "007", 1), 7);
  assert.equal(numberFrom("--psi", "-1"), -1);
  assert.equal(numberFrom("--psi", "-.5e0"), -0.5);
  assert.equal(numberFrom("--psi", undefined), undefined);
});

test("what is none is refused", () => {
  for (const text of ["", " ", "0x10", "1.5", "1e-1", "-1", "NaN", "Infinity", "1e10", "ten", "1_000"])
    assert.throws(
      () => wholeNumber("--count", text, 1),
      /--count .*: a whole number of 1 or more is needed/,
      text,
    );
  for (const text of ["", "0x10", "NaN", "Infinity", "1e999", "--"])
    assert.throws(() => numberFrom("--psi", text), /--psi .*: a number is needed/, text);
  assert.throws(() => numberFrom("--truncation", "0", 0.01), /a number of 0\.01 or more/);
});
