import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { metrics } from "../../evaluation/metrics/metric.js";
import { datasets } from "../data/index.js";
import { families } from "../nets/family.js";
import { terms } from "../terms/registry.js";
import { describeOptions } from "./describe.js";
import { scheduled } from "./schedule.js";

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
      stream: z.string().nullable().default(null),
      sizes: z.array(z.int().min(2)).default([10]),
      weight2: z
        .union([z.number().min(0), z.strictObject({ kind: z.literal("linear"), end: z.number().optional() })])
        .default(1),
      way: z
        .discriminatedUnion("kind", [
          z.strictObject({ kind: z.literal("none") }),
          z.strictObject({ kind: z.literal("step"), at: z.array(z.int()) }),
        ])
        .default({ kind: "none" }),
      rates: z.record(z.string(), z.number().positive()).default({}),
      both: z.tuple([z.enum(["a", "b"]), z.boolean().nullable()]).default(["a", null]),
      anything: z.unknown().optional(),
      gamma: scheduled(z.number().min(0)).default(10),
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
    ["stream", "text or null", null],
    ["sizes", "[whole number, at least 2, ...]", [10]],
    ["weight2", 'number, at least 0 or {kind: "linear"; end: number}', 1],
    ["way", '{kind: "none"} or {kind: "step"; at: [whole number, ...]}', { kind: "none" }],
    ["rates", "{NAME: number, above 0}", {}],
    ["both", "[a or b, true or false or null]", ["a", null]],
    ["anything", "any value", undefined],
    ["gamma", "number, at least 0, or a schedule as 1..0@100epochs", 10],
  ]);
});

test("no option of Gantry's own is told as an object or a value of any kind", async () => {
  for (const registry of [terms, families, datasets, metrics])
    for (const { name, options } of (await registry.all()).values())
      for (const option of describeOptions(options as z.ZodType))
        assert.doesNotMatch(option.type, /object|any value|^$/, `${name}: ${option.name}`);
});
