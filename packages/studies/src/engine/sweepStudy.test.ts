import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Outcome } from "@gantry/gan/sweep";
import { temporaryFolder } from "../testing/files.js";
import { defineSweepStudy, type Reading } from "./sweepStudy.js";

const home = await temporaryFolder();

test("a study is a sweep and what reads it: cells are runs, summed up over seeds", async () => {
  const readings: Reading[] = [];
  const study = defineSweepStudy({
    name: "tiny",
    summary: "batches on a ring",
    source: "none",
    problems: [],
    methods: [],
    paces: [],
    seeds: 2,
    sweep: ({ seeds, iterations = 4 }) => ({
      recipes: ["gan"],
      preset: "small",
      data: "ring",
      seeds,
      settings: { steps: iterations, samples: 4, "data.count": 200, "intervals.log": 2 },
      grid: { batch: [8, 16] },
    }),
    read(reading) {
      readings.push(reading);
      return { text: "", markdown: "", data: {}, pictures: new Map() };
    },
  });
  const cells = await study.cells({ seeds: 2, iterations: 3 });
  assert.deepEqual(
    cells.map(({ problem, method, seed }) => [problem, method, seed]),
    [
      ["ring", "batch=8", 0],
      ["ring", "batch=16", 0],
      ["ring", "batch=8", 1],
      ["ring", "batch=16", 1],
    ],
  );
  const signal = new AbortController().signal;
  const outcomes: Outcome<unknown>[] = [];
  for (const [i, cell] of cells.slice(0, 3).entries()) {
    const result = await study.measure(cell, { folder: join(home, String(i)), tell: () => {}, signal });
    // As it comes from another process, or a file.
    outcomes.push({ cell, status: "done", result: JSON.parse(JSON.stringify(result)) as unknown });
  }
  outcomes.push({ cell: cells[3]!, status: "failed", reason: "why" });
  study.report(outcomes);
  const [{ comparison, runs, failed }] = readings as [Reading];
  assert.deepEqual(
    comparison.groups.map(({ label, seeds, iteration }) => [label, seeds, iteration]),
    [
      ["batch=8", [0, 1], 3],
      ["batch=16", [0], 3],
    ],
  );
  assert.deepEqual(failed, [{ cell: cells[3], reason: "why" }]);
  assert.deepEqual(runs[0]?.curves.get("discriminator/non-saturating")?.iterations, [1, 2, 3]);
  assert.ok(comparison.groups[0]?.scores.some(({ name, count }) => name === "modes" && count === 2));
  await assert.rejects(
    study.measure(cells[1]!, { folder: join(home, "0"), tell: () => {}, signal }),
    /another run/,
  );
});
