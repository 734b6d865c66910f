import assert from "node:assert/strict";
import { test } from "node:test";
import { type Dataset, MemoryDataset } from "@gantry/gan/data";
import type { Outcome } from "@gantry/gan/sweep";
import { spoilt } from "./findings/faults.js";
import type { Result } from "./findings/measure.js";
import { wilson } from "./findings/report.js";
import study from "./findings.js";
import remedies from "./remedies.js";

const workplace = { folder: "", tell: () => {}, signal: new AbortController().signal };

test("the interval of nine of ten is Wilson's", () => {
  const [low, high] = wilson(9, 10);
  // By hand: (0.9 + z2/20 -+ z sqrt(0.009 + z2/400)) / (1 + z2/10), z2 = 3.8416.
  assert.ok(Math.abs(low - 0.5958) < 1e-3 && Math.abs(high - 0.9821) < 1e-3, `${low} ${high}`);
});

test("half of at least 60 trainings are made to fail, in twelve ways, and none of them by what findings were tuned on", async () => {
  const cells = await study.cells({ seeds: 1 });
  const faulty = cells.filter(({ method }) => method !== "healthy");
  assert.ok(cells.length >= 60 && faulty.length >= 30 && cells.length - faulty.length >= 30);
  assert.equal(new Set(faulty.map(({ method }) => method)).size, 12);
  for (const { work, seed } of cells) {
    const { data, recipe } = work.config as { data: { name: string }; recipe: string };
    assert.ok(!["ring", "fashion-mnist"].includes(data.name) && seed >= 200);
    assert.ok(!["gan", "dcgan", "gan-mnist", "reg-gan-points"].includes(recipe));
  }
  assert.equal(
    new Set(cells.map((cell) => `${cell.problem} ${cell.method} ${cell.seed}`)).size,
    cells.length,
  );
});

test("a short training and spoilt data, measured and summed up", async () => {
  const request = { seeds: 1, iterations: 24, problems: ["grid-pacgan"], methods: ["healthy", "scaled"] };
  const cells = await study.cells(request);
  const chosen = [cells[0]!, cells.at(-1)!];
  const outcomes: Outcome<unknown>[] = [];
  for (const cell of chosen) {
    const result = (await study.measure(cell, workplace)) as Result;
    outcomes.push({ cell, status: "done", result });
  }
  const [healthy, scaled] = outcomes.map((outcome) => (outcome as { result: Result }).result);
  assert.equal(healthy?.iterations, 24);
  assert.deepEqual(
    scaled?.told.map(({ name, noticed }) => [name, noticed]),
    [["value-range", 0]],
  );
  const { data, markdown } = study.report(outcomes);
  assert.deepEqual((data as { recall: object }).recall, { found: 1, of: 1 });
  assert.match(markdown, /\| scaled: .* \| 1 \| 1 \| value-range \(1\) \| before the first \|/);
});

test("data is spoilt as it is said", () => {
  const count = 400;
  const data = Uint8Array.from({ length: 4 * count }, (_, i) => (i * 37) % 256);
  const dataset: Dataset = new MemoryDataset({
    name: "made",
    kind: "images",
    shape: [1, 2, 2],
    items: { data, record: 4, parts: 1, table: undefined },
    classes: ["a", "b"],
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
  });
  const all = (of: Dataset) => Array.from({ length: of.count }, (_, i) => i);
  assert.equal(spoilt(dataset, "few", 1).count, 50);
  const one = spoilt(dataset, "one-class", 1);
  assert.equal(one.count, count / 2);
  assert.equal(new Set(one.labels(all(one))).size, 1);
  assert.ok((spoilt(dataset, "scaled", 1).read([0, 5]) as Uint8Array).every((byte) => byte <= 1));
  const shuffled = spoilt(dataset, "shuffled", 1);
  assert.deepEqual(shuffled.read(all(shuffled)), dataset.read(all(dataset)));
  assert.notDeepEqual(shuffled.labels(all(shuffled)), dataset.labels(all(dataset)));
  const twice = spoilt(dataset, "duplicated", 1);
  const kinds = new Set(all(twice).map((i) => String(twice.read([i]))));
  assert.ok(kinds.size <= 200 && twice.count === 10_000);
});

test("remedies are tried on trainings that collapse, each over its seeds", async () => {
  const cells = await remedies.cells({ seeds: 2 });
  assert.equal(cells.length, 14);
  const work = (method: string) =>
    cells.find((cell) => cell.method === method)?.work.config as { terms: object; net: object };
  assert.ok("packing" in work("packing").terms);
  const { markdown } = remedies.report([]);
  assert.ok(markdown.startsWith("# Study: remedies"));
});
