import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, test } from "node:test";
import type { JsonObject } from "../../core/base/json.js";
import { type AddedTerm, parseTerm } from "../../core/base/setting.js";
import { resolveConfig } from "../../core/config/config.js";
import type { Curve } from "../../core/run/curves.js";
import type { RunSummary } from "../../core/run/summary.js";
import { studentQuantile } from "../intervals.js";
import { compareRuns } from "./compare.js";
import { comparisonCsv } from "./csv.js";
import { meanCurve } from "./meanCurves.js";
import { describeGroup } from "./words.js";

interface Given {
  readonly recipe?: string;
  readonly settings?: JsonObject;
  readonly terms?: readonly AddedTerm[];
  readonly fid?: number;
  readonly curves?: ReadonlyMap<string, Curve>;
}

async function run(
  path: string,
  { recipe = "gan", settings = {}, terms = [], fid, curves }: Given,
): Promise<RunSummary> {
  const score = {
    name: "fid",
    better: "lower",
    deviation: null,
    repeats: 1,
    iteration: null,
    note: null,
  } as const;
  return {
    path,
    name: basename(path),
    config: await resolveConfig({ recipe, with: terms, settings: [settings] }),
    origin: {},
    status: "done",
    iteration: 10,
    imagesSeen: 1000,
    seconds: 1,
    curves: curves ?? new Map(),
    scores: fid === undefined ? [] : [{ ...score, value: fid, measured: {} }],
    sample: undefined,
  };
}

/** Runs of one kind with the seeds 0, 1, ..., under names that tell nothing. */
let serial = 0;
const seeds = (given: Given, ...fids: number[]) =>
  Promise.all(
    fids.map((fid, seed) =>
      run(`x/run-${(serial++ * 7919) % 1000}`, { ...given, fid, settings: { ...given.settings, seed } }),
    ),
  );

describe("groups", () => {
  test("are by settings, whatever runs are called: mean, deviation, Student's interval", async () => {
    const slow = await seeds({ settings: { steps: 5 } }, 1, 2, 6);
    const fast = await seeds({ settings: { steps: 9 } }, 30, 31);
    const mixed = [slow[2]!, fast[0]!, slow[0]!, fast[1]!, slow[1]!];
    const { groups } = compareRuns(mixed);
    assert.deepEqual(
      groups.map(({ label, seeds: of, settings }) => [label, [...of].sort(), settings]),
      [
        ["steps=5", [0, 1, 2], { steps: 5 }],
        ["steps=9", [0, 1], { steps: 9 }],
      ],
    );
    const { count, mean, deviation, interval, verdict } = groups[0]!.scores[0]!;
    // Squares of -2, -1 and 3 are 14 in all.
    assert.deepEqual([count, mean, deviation, verdict], [3, 3, Math.sqrt(7), "best"]);
    const half = studentQuantile(0.975, 2) * Math.sqrt(7 / 3);
    assert.ok(Math.abs(interval![1] - (3 + half)) < 1e-12 && Math.abs(interval![0] - (3 - half)) < 1e-12);
  });

  test("are told apart by verdicts: the best, worse, undecided where intervals cross or there is one seed", async () => {
    const verdicts = async (...all: number[][]) => {
      const runs = await Promise.all(all.map((fids, i) => seeds({ settings: { steps: i + 1 } }, ...fids)));
      return compareRuns(runs.flat()).groups.map(({ scores }) => scores[0]?.verdict);
    };
    assert.deepEqual(await verdicts([1, 1.1, 1.2], [9, 9.1, 9.2], [5, 5.1, 5.2]), ["best", "worse", "worse"]);
    assert.deepEqual(await verdicts([1, 2, 3], [2, 3, 4], [90, 91, 92]), ["undecided", "undecided", "worse"]);
    assert.deepEqual(await verdicts([1, 1.1], [50]), ["undecided", "undecided"]);
    assert.deepEqual(await verdicts([1, 1.1, 1.2], [Number.NaN, 9, 9]), [null, null]);
    assert.deepEqual(await verdicts([8, 8, 8], [8, 8, 8]), ["undecided", "undecided"]);
    assert.deepEqual(await verdicts([1, 2]), [null]);
  });

  test("are called by as few settings as tell them apart, by the recipe first", async () => {
    const labels = async (...all: Given[]) => {
      const runs = await Promise.all(all.map((given, i) => run(`y/${i}`, given)));
      return compareRuns(runs).groups.map(({ label }) => label);
    };
    assert.deepEqual(await labels({}, { recipe: "wgan" }), ["gan", "wgan"]);
    const alpha = (value: number) => ({ recipe: "reg-gan", settings: { batch: value, steps: 10 * value } });
    // Steps go along with batch, and tell nothing more.
    assert.deepEqual(await labels({}, alpha(8), alpha(16)), ["gan", "reg-gan batch=8", "reg-gan batch=16"]);
    assert.deepEqual(await labels({}, { terms: [parseTerm("packing")] }), ["no packing", "packing"]);
    // Terms together are the method: of each composition all are named that not every one has.
    const composed = (...terms: string[]) => ({ terms: terms.map(parseTerm) });
    assert.deepEqual(
      await labels(composed("packing", "r1"), composed("packing"), composed("r1", "r2=r1:stream=fake")),
      ["packing r1", "packing", "r1 r2"],
    );
    assert.deepEqual(await labels(composed("r1:gamma=1"), composed("r1:gamma=2"), {}), [
      "r1 gamma=1",
      "r1 gamma=2",
      "no r1",
    ]);
    const rate = { from: 2e-4, to: 0, over: { iterations: 100 } };
    assert.deepEqual(await labels({}, { settings: { optimizers: { default: { learningRate: rate } } } }), [
      "learningRate=0.0001",
      "learningRate=0.0002..0@100iterations",
    ]);
    assert.deepEqual(await labels({}), ["gan"]);
  });

  test("where something is computed is no setting; a seed twice counts once, and a checkpoint is another group", async () => {
    const one = await run("z/a", { settings: { threads: 1, seed: 3 }, fid: 1 });
    const other = await run("z/b", { settings: { threads: 2, seed: 4 }, fid: 3 });
    const again = await run("z/c", { settings: { seed: 3 }, fid: 100 });
    const early = { ...one, path: "z/a@5", name: "a@5", iteration: 5 };
    const { groups } = compareRuns([one, other, again, early]);
    assert.deepEqual(
      groups.map(({ label, runs, settings, scores }) => [label, runs, settings, scores[0]?.mean]),
      [
        ["gan", ["a", "b"], { checkpoint: null }, 2],
        ["gan@5", ["a@5"], { checkpoint: 5 }, 1],
      ],
    );
  });
});

describe("what is told of groups", () => {
  test("as CSV: settings that differ, metric, mean, sd, n", async () => {
    const runs = [
      ...(await seeds({ settings: { steps: 5, data: { name: "ring", modes: 3 } } }, 1, 2, 3)),
      ...(await seeds({ recipe: "wgan", terms: [parseTerm("r1:gamma=1")] }, 7)),
    ];
    const lines = comparisonCsv(compareRuns(runs)).split("\n");
    const head = lines[0]!.split(",");
    assert.equal(head[0], "recipe");
    assert.deepEqual(head.slice(-4), ["metric", "mean", "sd", "n"]);
    assert.match(lines[1]!, /^gan,.*,fid,2,1,3$/);
    // JSON in a field: quotes are doubled.
    assert.match(lines[2]!, /^wgan,.*"\{""gamma"":1.*\}".*,fid,7,,1$/);
    assert.deepEqual(lines.slice(3), [""]);
    assert.doesNotMatch(lines[0]!, /seed/);
  });

  test("in words: the interval to the places of the deviation", () => {
    const score = {
      name: "fid",
      count: 3,
      mean: 34.21,
      deviation: 1.27,
      interval: [31.055, 37.365],
      verdict: "best",
    } as const;
    assert.equal(describeGroup(score), "34.2 ± 1.3 [31.1, 37.4]");
    assert.equal(describeGroup({ ...score, verdict: "undecided" }), "34.2 ± 1.3 [31.1, 37.4] undecided");
    assert.equal(describeGroup({ ...score, deviation: null, interval: null }), "34.21");
  });

  test("curves are means of what is there, with deviation and count", () => {
    const curve = meanCurve([
      { iterations: [1, 2, 3], values: [1, 2, Number.NaN] },
      { iterations: [1, 2], values: [3, 2] },
      { iterations: [4], values: [9] },
    ]);
    assert.deepEqual(curve, {
      iterations: [1, 2, 4],
      means: [2, 2, 9],
      deviations: [Math.SQRT2, 0, 0],
      counts: [2, 2, 1],
    });
  });
});
