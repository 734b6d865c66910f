import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { describeOptions } from "./describe.js";

test("options are described by their schema alone", () => {
  const described = describeOptions(
    z.strictObject({
      weight: z.number().min(0).default(10).describe("lambda"),
      sides: z.enum(["two", "one"]).default("two"),
      count: z.int().min(1).optional(),
      rate: z.number().positive().lt(1).default(0.5),
      betas: z.tuple([z.number(), z.number()]).default([0, 1]),
      burst: z.int().nullable().default(null),
      on: z.boolean().default(false),
    }),
  );
  assert.deepEqual(described[0], {
    name: "weight",
    description: "lambda",
    type: "number, at least 0",
    default: 10,
  });
  assert.deepEqual(described.map(({ name, type, default: value }) => [name, type, value]).slice(1), [
    ["sides", "two or one", "two"],
    ["count", "whole number, at least 1", undefined],
    ["rate", "number, above 0, below 1", 0.5],
    ["betas", "[number, number]", [0, 1]],
    ["burst", "whole number or null", null],
    ["on", "true or false", false],
  ]);
});
