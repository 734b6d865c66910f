import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytes,
  clock,
  columns,
  count,
  duration,
  prettyJson,
  rate,
  scalar,
  shellWord,
  wrap,
} from "./format.js";

test("numbers are short and say what matters", () => {
  assert.equal(count(1_234_567), "1,234,567");
  assert.deepEqual([0.423, 4.126, 41.26, 412.6, 999.4, 999.6, 41_260, 1_300_000].map(rate), [
    "0.42",
    "4.13",
    "41.3",
    "413",
    "999",
    "1.00k",
    "41.3k",
    "1.30M",
  ]);
  assert.deepEqual([0, 0.70331, 1.5, 12345.6, -0.00002, 1e9, Number.NaN].map(scalar), [
    "0",
    "0.7033",
    "1.5",
    "12346",
    "-2.00e-5",
    "1.00e+9",
    "NaN",
  ]);
  assert.deepEqual([512, 1500, 2.5e6, 3e9].map(bytes), ["512 B", "1.5 kB", "2.5 MB", "3.0 GB"]);
});

test("times", () => {
  assert.deepEqual([0.04, 4.32, 9.97, 59.4, 59.6, 134, 3599.6, 3900].map(duration), [
    "0 s",
    "4.3 s",
    "10 s",
    "59 s",
    "1 min 00 s",
    "2 min 14 s",
    "1 h 00 min",
    "1 h 05 min",
  ]);
  assert.deepEqual([9, 134, 3900, 36_000].map(clock), ["0:09", "2:14", "1:05:00", "10:00:00"]);
});

test("words of a command line are quoted where a shell would read them otherwise", () => {
  assert.equal(shellWord("runs/gan-ring-0"), "runs/gan-ring-0");
  assert.equal(shellWord("my runs/it's"), "'my runs/it'\\''s'");
});

test("text is broken at spaces and stays in its column", () => {
  assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  assert.equal(
    columns(
      [
        ["a", "one two three four five six seven"],
        ["bcd", "short"],
      ],
      30,
    ),
    "  a    one two three four five\n       six seven\n  bcd  short",
  );
});

test("short arrays of JSON stay on a line", () => {
  const value = { betas: [0.5, 0.999], words: ["a b", "c"], deep: [{ x: [1] }], none: [] };
  assert.match(prettyJson(value), /"betas": \[0\.5, 0\.999\],\n {2}"words": \["a b", "c"\]/);
  assert.deepEqual(JSON.parse(prettyJson(value)), value);
});
