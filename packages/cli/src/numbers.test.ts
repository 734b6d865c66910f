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

test("numbers are taken in every decimal form, and nothing else is", () => {
  for (const [text, value] of [
    ["1e3", 1000],
    ["+5", 5],
    ["5.", 5],
    ["007", 7],
    ["50e-1", 5],
  ] as const)
    assert.equal(wholeNumber("--count", text, 1), value, text);
  for (const text of [
    "",
    " ",
    "1.5",
    "0",
    "-1",
    "0x10",
    "1e99",
    "1e999",
    "1_000",
    "one",
    "None",
    "5 6",
    "NaN",
  ])
    assert.throws(() => wholeNumber("--count", text, 1), {
      exitCode: 2,
      message: `--count ${text}: a whole number of 1 or more is needed`,
    });
  assert.throws(() => wholeNumber("--frames", "2e3", 2, 1000), /a whole number from 2 to 1000 is needed/);
  for (const [text, value] of [
    [".7", 0.7],
    ["+1e-1", 0.1],
    ["0.", 0],
  ] as const)
    assert.equal(numberFrom("--psi", text, 0), value, text);
  for (const text of ["", "-1", "0x1", "True", "0,5", "inf"])
    assert.throws(() => numberFrom("--psi", text, 0), {
      exitCode: 2,
      message: /a number of 0 or more is needed/,
    });
  assert.equal(numberFrom("--psi", "-1", -100, 100), -1);
  for (const text of ["1e300", "-101"])
    assert.throws(() => numberFrom("--psi", text, -100, 100), {
      exitCode: 2,
      message: `--psi ${text}: a number from -100 to 100 is needed`,
    });
});
