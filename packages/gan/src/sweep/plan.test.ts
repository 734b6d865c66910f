import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { encodePng } from "@gantry/formats";
import { UsageError } from "../core/base/errors.js";
import type { Json } from "../core/base/json.js";
import { temporaryFolder } from "../testing/runs.js";
import { distinct, drawPoints, gridPoints } from "./axes.js";
import { parseAxis } from "./file.js";
import { nameCells } from "./names.js";
import { planSweep } from "./plan.js";
import { rungsOf } from "./rungs.js";
import { shareOf } from "./shares.js";
import { checkSpec, parseRange, type SweepSpec } from "./spec.js";

const plan = (spec: SweepSpec) => planSweep(checkSpec(spec, ""), { name: "test" });
const refusal = async (spec: SweepSpec, message: RegExp) =>
  assert.rejects(plan(spec), (error: unknown) => error instanceof UsageError && message.test(error.message));

describe("axes", () => {
  test("a grid is each value with each, the last path's change first", () => {
    const points = gridPoints({ a: [1, 2], b: ["x", "y", "z"] });
    assert.deepEqual(
      points.map((point) => [...point.values()].join("")),
      ["1x", "1y", "1z", "2x", "2y", "2z"],
    );
    assert.equal(gridPoints({}).length, 1);
    assert.equal(distinct([...points, ...points]).length, 6);
  });

  test("draws are the same for a seed, within their range, to four digits; each part of a scale as often", () => {
    const from = {
      rate: { from: 1e-5, to: 1e-1, scale: "log", whole: false },
      share: { from: -1, to: 1, scale: "linear", whole: false },
      steps: { from: 2, to: 5, scale: "linear", whole: true },
      norm: ["batch", "none"],
    } as const;
    const draw = (seed: number) => drawPoints({ count: 4000, seed, from: from as never });
    const points = draw(3);
    assert.deepEqual(draw(3), points);
    assert.notDeepEqual(draw(4)[0], points[0]);
    const of = (path: string) => points.map((point) => point.get(path) as number);
    assert.ok(
      of("rate").every((rate) => rate >= 1e-5 && rate <= 1e-1 && Number(rate.toPrecision(4)) === rate),
    );
    // Chances of 1/4 each, with a deviation of 0.007 of the share.
    for (const [low, high] of [
      [1e-5, 1e-4],
      [1e-4, 1e-3],
      [1e-3, 1e-2],
      [1e-2, 1e-1],
    ] as const) {
      const share = of("rate").filter((rate) => rate >= low && rate < high).length / 4000;
      assert.ok(Math.abs(share - 0.25) < 0.035, `${low}: ${share}`);
    }
    for (const steps of [2, 3, 4, 5]) {
      const share = of("steps").filter((each) => each === steps).length / 4000;
      assert.ok(Math.abs(share - 0.25) < 0.035, `${steps}: ${share}`);
    }
    assert.deepEqual([...new Set(of("steps"))].sort(), [2, 3, 4, 5]);
    const mean = of("share").reduce((sum, each) => sum + each, 0) / 4000;
    assert.ok(Math.abs(mean) < 0.05);
    assert.deepEqual(new Set(of("norm") as unknown as string[]), new Set(["batch", "none"]));
  });

  test("words of --set are values, or a range; commas inside brackets are a value's own", () => {
    const values = (text: string) => parseAxis(text).values;
    assert.deepEqual(values("terms.infomax.alpha=.1,.2"), [0.1, 0.2]);
    assert.deepEqual(values("optimizers.default.betas=[0,0.9],[0.5,0.999]"), [
      [0, 0.9],
      [0.5, 0.999],
    ]);
    assert.deepEqual(values("net.norm=batch,null"), ["batch", null]);
    assert.deepEqual(values("a.b=1e-4..0@100,3"), [
      { from: 1e-4, to: 0, over: { iterations: 100 }, shape: "linear" },
      3,
    ]);
    assert.deepEqual(parseAxis("a.b=1e-5..1e-3:log").range, { from: 1e-5, to: 1e-3, scale: "log" });
    assert.deepEqual(parseRange("2..8:whole"), { from: 2, to: 8, whole: true });
    assert.equal(parseRange("2e-4..0@100epochs"), undefined);
    assert.throws(() => parseAxis("a=1,,2"), /empty value/);
    assert.throws(() => parseAxis("a"), /is not a setting/);
  });
});

describe("names", () => {
  const parts = (settings: Record<string, Json>, over: object = {}) => ({
    composition: undefined,
    data: undefined,
    seed: undefined,
    settings: new Map(Object.entries(settings)),
    ...over,
  });

  test("say what differs: paths by their last parts, values in short", () => {
    assert.deepEqual(
      nameCells(
        [parts({ "terms.infomax.alpha": 0.1, batch: 16 }, { composition: "infomax-gan", seed: 2 })],
        "x",
      ),
      ["infomax-gan-alpha=0.1-batch=16-seed=2"],
    );
    const both = nameCells([parts({ "terms.r1.gamma": 1, "terms.r2.gamma": 2 })], "x");
    assert.deepEqual(both, ["r1.gamma=1-r2.gamma=2"]);
    assert.deepEqual(nameCells([parts({})], "gan"), ["gan"]);
    const rate = { from: 2e-4, to: 0, over: { epochs: 100 }, shape: "linear" };
    assert.deepEqual(nameCells([parts({ "o.learningRate": rate })], "x"), [
      "learningRate=0.0002..0-100epochs",
    ]);
  });

  test("are names of folders, and no two alike", () => {
    const long = "/data/ a$(b) ".repeat(30);
    const names = nameCells([parts({ p: `${long}1` }), parts({ p: `${long}2` }), parts({ p: "../x" })], "x");
    assert.equal(new Set(names).size, 3);
    for (const name of names) assert.match(name, /^[\w=+][\w.=+-]{0,130}$/);
  });
});

describe("a sweep's cells", () => {
  test("are seed by seed, with whole configurations; a term's axis is of the recipes that have it", async () => {
    const { sweep, notes } = await plan({
      recipes: ["gan", "infomax-gan"],
      data: "mnist",
      seeds: 2,
      settings: { steps: 7 },
      grid: { "terms.infomax.alpha": [0.1, 0.2] },
      metrics: "is",
    });
    assert.deepEqual(
      sweep.cells.map(({ name }) => name),
      [0, 1].flatMap((seed) =>
        ["gan", "infomax-gan-alpha=0.1", "infomax-gan-alpha=0.2"].map((name) => `${name}-seed=${seed}`),
      ),
    );
    assert.deepEqual(notes, ["gan has no terms.infomax.alpha: it is trained once for all of its values"]);
    const { config, group } = sweep.cells[5]!;
    assert.equal(group, "infomax-gan-alpha=0.2");
    assert.deepEqual(
      [config.seed, config.steps, config.terms.infomax?.alpha, config.data.name, config.evaluation?.every],
      [1, 7, 0.2, "mnist", 7],
    );
    assert.equal(config.evaluation?.metrics, "is");
  });

  test("are named by what differs alone; recipes may be compositions, and data several", async () => {
    const names = async (spec: SweepSpec) => (await plan(spec)).sweep.cells.map(({ name }) => name);
    assert.deepEqual(await names({ recipes: ["gan"] }), ["gan"]);
    assert.deepEqual(await names({ recipes: ["gan"], seeds: [4, 7] }), ["seed=4", "seed=7"]);
    assert.deepEqual(await names({ recipes: ["gan"], grid: { batch: [8] } }), ["gan"]);
    const r1 = { recipe: "gan", name: "with-r1", with: ["r1:gamma=1"], settings: { batch: 8 } };
    const { sweep } = await plan({ recipes: ["gan", r1], data: ["ring", "grid"] });
    assert.deepEqual(
      sweep.cells.map(({ name, config }) => [name, config.terms.r1?.gamma, config.batch === 8]),
      [
        ["gan-ring", undefined, false],
        ["gan-grid", undefined, false],
        ["with-r1-ring", 1, true],
        ["with-r1-grid", 1, true],
      ],
    );
    const drawn = await names({
      recipes: ["gan"],
      draws: { count: 3, seed: 1, from: { batch: { from: 2, to: 900, whole: true } } },
    });
    assert.equal(new Set(drawn).size, 3);
    assert.ok(drawn.every((name) => /^batch=\d+$/.test(name)));
  });

  test("on images of one's own have the size and the batch that fit, unless these are said", async () => {
    const folder = await temporaryFolder();
    for (let i = 0; i < 20; i++) {
      const data = Uint8Array.from({ length: 3 * 50 * 70 }, (_, at) => (at * (i + 3)) % 251);
      await writeFile(join(folder, `${i}.png`), await encodePng({ shape: [3, 50, 70], data }));
    }
    const spec = { recipes: ["dcgan", "lsgan"], data: folder, seeds: 2 };
    const { sweep, notes } = await plan(spec);
    for (const { config } of sweep.cells) assert.deepEqual([config.data.size, config.batch], [48, 16]);
    assert.ok(notes.some((note) => note.startsWith("batch 16, since there are 20 images")));
    assert.ok(notes.some((note) => note.includes("by heart: --with diff-augment")));
    assert.equal(new Set(notes).size, notes.length);
    const said = await plan({ ...spec, settings: { "data.size": 32 }, grid: { batch: [4, 8] } });
    assert.deepEqual(
      said.sweep.cells.slice(0, 2).map(({ config }) => [config.data.size, config.batch]),
      [
        [32, 4],
        [32, 8],
      ],
    );
  });

  test("that make no sense are refused, with the cell", async () => {
    await refusal({ recipes: ["gna"] }, /did you mean 'gan'/);
    await refusal(
      { recipes: ["gan"], grid: { batch: [8, 0] } },
      /^batch=0: batch: expected a number of at least 1/,
    );
    await refusal(
      { recipes: ["gan"], grid: { "terms.r1.gamma": [1, 2] } },
      /no recipe of the sweep has a term 'r1'/,
    );
    await refusal({ recipes: ["gan", "gan"] }, /two are called 'gan'/);
    await refusal({ recipes: ["gan"], seeds: [1, 1] }, /one twice/);
    await refusal({ recipes: ["gan"], settings: { batch: 3 }, grid: { batch: [4] } }, /batch is set twice/);
    await refusal(
      { recipes: ["gan"], grid: { a: [1] }, draws: { count: 1, from: { a: [2] } } },
      /choose one/,
    );
    await refusal({ recipes: ["gan"], seeds: 10_000, grid: { batch: [1, 2] } }, /10000 are the most/);
    const written = (value: unknown) => () => checkSpec(value, "a.json");
    assert.throws(written({ recipes: ["gan"], sedes: 3 }), /did you mean 'a\.json\.seeds'/);
    assert.throws(written({ recipes: [] }), UsageError);
    const range = { from: 0, to: 1, scale: "log" };
    assert.throws(written({ recipes: ["gan"], draws: { count: 1, from: { batch: range } } }), UsageError);
  });
});

test("successive halving: rungs are powers of the last; it needs settings to choose from, and iterations", async () => {
  const by = (by: number, rounds?: number) => ({ metric: "fid", by, rounds });
  assert.deepEqual(rungsOf(by(3), 9, 900), [100, 300, 900]);
  assert.deepEqual(rungsOf(by(2), 5, 1000), [125, 250, 500, 1000]);
  assert.deepEqual(rungsOf(by(3, 2), 9, 100), [33, 100]);
  assert.throws(() => rungsOf(by(3), 9, 8), /takes 9 iterations or more/);
  const spec = { recipes: ["gan"], settings: { steps: 90 }, halving: { metric: "modes" } };
  const { sweep } = await plan({ ...spec, grid: { batch: [1, 2, 3, 4] } });
  assert.ok(sweep.cells.every(({ config }) => config.evaluation?.every === 10));
  await refusal({ ...spec, seeds: 3 }, /only one/);
  await refusal({ ...spec, grid: { batch: [1, 2] }, evalEvery: 5 }, /end of each round/);
});

test("processes share out threads, and graphics processors where there are several", () => {
  assert.deepEqual(shareOf(0, 2, { threads: 9, devices: 0 }), { OMP_NUM_THREADS: "4" });
  assert.deepEqual(shareOf(3, 8, { threads: 2, devices: 1 }), { OMP_NUM_THREADS: "1" });
  assert.deepEqual(shareOf(0, 2, { threads: 9, devices: 0 }, { OMP_NUM_THREADS: "6" }), {
    OMP_NUM_THREADS: "3",
  });
  const places = [0, 1, 2].map((place) => shareOf(place, 3, { threads: 6, devices: 2 }).CUDA_VISIBLE_DEVICES);
  assert.deepEqual(places, ["0", "1", "0"]);
  const given = { CUDA_VISIBLE_DEVICES: "5, GPU-9" };
  assert.equal(shareOf(1, 2, { threads: 6, devices: 2 }, given).CUDA_VISIBLE_DEVICES, "GPU-9");
});
