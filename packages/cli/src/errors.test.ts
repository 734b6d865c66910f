import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { test } from "node:test";
import { explain, oneLine, UsageProblem } from "./errors.js";

test("a message of several lines becomes one", () => {
  assert.equal(
    oneLine("the data set x is not here\n  looked in /a\n  to get it: fetch\n"),
    "the data set x is not here; looked in /a; to get it: fetch",
  );
  assert.equal(oneLine("do one of:\n  this\n\n  that"), "do one of: this; that");
  assert.equal(oneLine("a\u001b[2Kb"), "a [2Kb");
});

test("every kind of error has its exit status and no stack", async () => {
  assert.deepEqual(await explain(new UsageProblem("no such thing")), {
    message: "no such thing",
    exitCode: 2,
  });
  const system = await stat("/nowhere/at/all").catch((error: unknown) => error);
  assert.deepEqual(await explain(system), {
    message: "/nowhere/at/all: no such file or folder",
    exitCode: 1,
  });
  const bug = await explain(new TypeError("x is not a function"));
  assert.equal(bug.exitCode, 1);
  assert.match(bug.message, /^internal error: x is not a function; .*--debug/);
  assert.equal((await explain("text")).exitCode, 1);
  assert.match(
    (await explain(new RangeError("Array buffer allocation failed"))).message,
    /^not enough memory/,
  );
});
