import assert from "node:assert/strict";
import { test } from "node:test";
import { amount } from "./amount.js";

test("one is singular, whatever its word", () => {
  assert.equal(amount(1_234_567, "images"), "1,234,567 images");
  assert.equal(amount(0, "bytes"), "0 bytes");
  for (const [plural, singular] of [
    ["bytes", "byte"],
    ["images of 3x32x32", "image of 3x32x32"],
    ["entries", "entry"],
    ["classes", "class"],
    ["boxes", "box"],
    ["batches", "batch"],
    ["class folders", "class folder"],
    ["cuda devices", "cuda device"],
    ["parameters", "parameter"],
  ] as const)
    assert.equal(amount(1, plural), `1 ${singular}`);
});
