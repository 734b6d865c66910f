import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, test } from "node:test";
import { UsageError } from "../../core/base/errors.js";
import type { JsonObject } from "../../core/base/json.js";
import { resolveConfig } from "../../core/config/config.js";
import { curvesOf, thin } from "../../core/run/curves.js";
import { type RunScore, scoresIn } from "../../core/run/scores.js";
import type { RunSummary } from "../../core/run/summary.js";
import { compareRuns } from "./compare.js";
import { describeValue, differences } from "./differences.js";
import { describeMeasured, describeScoreNotes, shortNumber, withDeviation } from "./words.js";

const score = (value: number, over: Partial<RunScore> = {}): RunScore => ({
  name: "fid[cifar10-cnn]",
  better: "lower",
  value,
  deviation: null,
  repeats: 1,
  iteration: null,
  note: null,
  measured: { "fake samples": "1000" },
  ...over,
});

async function run(path: string, settings: JsonObject, scores: readonly RunScore[]): Promise<RunSummary> {
  return {
    path,
    name: basename(path),
    config: await resolveConfig({ recipe: "gan", settings: [settings] }),
    origin: { gantry: "0.1.0" },
    status: "done",
    iteration: 10,
    imagesSeen: 1000,
    seconds: 61,
    curves: new Map([["generator/non-saturating", { iterations: [1, 10], values: [0.5, 0.25] }]]),
    scores,
    sample: undefined,
  };
}

describe("differences of settings", () => {
  test("only what differs, by dotted path, whatever the order of keys", () => {
    const found = differences([
      { a: 1, b: { c: [1, 2], d: "x" }, e: { f: 1 } },
      { b: { d: "y", c: [1, 2] }, a: 1, e: { f: 1 } },
    ]);
    assert.deepEqual(found, [{ path: "b.d", values: ["x", "y"] }]);
    assert.deepEqual(differences([{ a: 1, b: 2 }]), []);
  });

  test("what one has not at all is told as a whole, and inside it what the others differ in", () => {
    const packing = { degree: 2, discriminator: null };
    assert.deepEqual(differences([{ terms: { packing } }, { terms: {} }]), [
      { path: "terms.packing", values: [packing, undefined] },
    ]);
    assert.deepEqual(
      differences([{ t: { p: { degree: 2, w: 1 } } }, { t: {} }, { t: { p: { degree: 3, w: 1 } } }]),
      [
        { path: "t.p", values: ["present", undefined, "present"] },
        { path: "t.p.degree", values: [2, undefined, 3] },
      ],
    );
    assert.deepEqual(differences([{ average: null }, { average: { decay: 0.9 } }]), [
      { path: "average", values: [null, { decay: 0.9 }] },
    ]);
  });

  test("values as a table shows them", () => {
    assert.equal(describeValue({ degree: 2, inner: { a: "x" } }), "degree=2, inner={a=x}");
    assert.equal(describeValue([1, 2]), "[1,2]");
    assert.equal(describeValue(undefined), "-");
  });
});

describe("curves", () => {
  test("hold what still holds after a resume, in order, with gaps for what was not finite; of what was measured alone", () => {
    const curves = curvesOf([
      { iteration: 1, seconds: 1, loss: 1 },
      { iteration: 2, seconds: 2, loss: null },
      { iteration: 3, seconds: 3, loss: 3 },
      { event: "resume", iteration: 2 },
      { iteration: 3, seconds: 1, loss: 30 },
      { iteration: 2, event: "evaluation", "eval/fid": 9, scores: [] },
      // A finding's numbers are its evidence.
      { iteration: 3, event: "finding", name: "mode-collapse", began: 1, value: 0.1, threshold: 0.3 },
    ]);
    assert.deepEqual([...curves.keys()], ["loss", "eval/fid"]);
    assert.deepEqual(curves.get("loss"), { iterations: [1, 2, 3], values: [1, Number.NaN, 30] });
    assert.deepEqual(curves.get("eval/fid"), { iterations: [2], values: [9] });
  });

  test("thinned, they keep their ends and every spike", () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i === 4321 ? 50 : i === 77 ? -9 : Math.sin(i)));
    const thinned = thin({ iterations: values.map((_, i) => i), values }, 400);
    assert.ok(thinned.values.length <= 402 && thinned.values.length > 200);
    assert.equal(Math.max(...thinned.values), 50);
    assert.equal(Math.min(...thinned.values), -9);
    assert.deepEqual([thinned.iterations[0], thinned.iterations.at(-1)], [0, 9999]);
    assert.ok(thinned.iterations.every((at, i) => i === 0 || at > thinned.iterations[i - 1]!));
  });
});

describe("compared runs", () => {
  test("the best is marked within one name; ties are all the best; a single score is none", async () => {
    const other = { name: "kid[cifar10-cnn]" };
    const comparison = compareRuns([
      await run("r/a", { steps: 9 }, [score(30), score(1, { name: "fid[inception-2015]" })]),
      await run("r/b", { steps: 7 }, [score(20), score(1, other)]),
      await run("r/c", { steps: 8 }, [score(20), score(3, other)]),
    ]);
    const best = Object.fromEntries(
      comparison.metrics.map(({ name, scores }) => [name, scores.map((each) => each?.best ?? null)]),
    );
    assert.deepEqual(best, {
      "fid[cifar10-cnn]": [false, true, true],
      "fid[inception-2015]": [false, null, null],
      "kid[cifar10-cnn]": [null, true, false],
    });
    assert.deepEqual(
      comparison.differences.map(({ path, values }) => [path, values]),
      [["steps", [9, 7, 8]]],
    );
    assert.equal(comparison.groups.length, 3);
  });

  test("scores measured differently have no best, and it is said in what they differ", async () => {
    const comparison = compareRuns([
      await run("r/a", {}, [score(30)]),
      await run("r/b", {}, [score(20, { measured: { "fake samples": "500" } })]),
    ]);
    assert.deepEqual(comparison.metrics[0]?.measuredDifferently, ["fake samples: 1000 (a), 500 (b)"]);
    assert.deepEqual(
      comparison.metrics[0]?.scores.map((each) => each?.best),
      [false, false],
    );
  });

  test("what several scores were measured differently in is said once, of many runs by two names", async () => {
    const many = await Promise.all(
      ["b", "c", "d", "e"].map(async (name) =>
        run(`r/${name}`, {}, [
          score(20, { measured: { "fake samples": "500" } }),
          score(1, { name: "kid", measured: { "fake samples": "500" } }),
        ]),
      ),
    );
    const comparison = compareRuns([await run("r/a", {}, [score(30), score(2, { name: "kid" })]), ...many]);
    assert.deepEqual(describeMeasured(comparison), [
      "fid[cifar10-cnn], kid were measured differently, so that none is the best: fake samples: 1000 (a), 500 (b, c and 2 more)",
    ]);
    assert.deepEqual(describeMeasured(compareRuns(many)), []);
  });

  test("what is to be known of a score is said with it, once for the runs that it holds of", async () => {
    const note = "of 12 images it means little; take 1000 or more";
    const runs = [
      await run("r/a", {}, [score(30, { note }), score(1, { name: "kid", note: "x" })]),
      await run("r/b", {}, [score(20)]),
      await run("r/c", {}, [score(25, { note }), score(2, { name: "is", note })]),
      await run("r/d", {}, [score(1, { name: "kid", note }), score(2, { name: "is", note })]),
    ];
    const comparison = compareRuns(runs);
    assert.deepEqual(describeScoreNotes(comparison), [
      `a, c: fid[cifar10-cnn]: ${note}`,
      "a: kid: x",
      `d: kid: ${note}`,
      `c, d: is: ${note}`,
    ]);
  });

  test("labels are as short as tells runs apart; a run twice is refused", async () => {
    const runs = [await run("x/gan", {}, []), await run("y/gan/", {}, [])];
    assert.deepEqual(
      compareRuns(runs).runs.map(({ label }) => label),
      ["x/gan", "y/gan"],
    );
    const twice = [await run("x/gan", {}, []), await run("x/gan/", {}, [])];
    assert.throws(() => compareRuns(twice), UsageError);
  });

  test("a report's scores, with what they were measured by; what is not understood is left out", () => {
    const report = {
      subject: { name: "run", details: { iteration: 500 } },
      against: { name: "mnist" },
      scores: [
        3,
        { name: "fid" },
        {
          name: "is",
          better: "higher",
          value: 2,
          values: [1, 3],
          repeatDeviation: Math.SQRT2,
          note: "of 10 images it means little",
          samples: { fake: 10, real: null },
          conventions: { splits: 10 },
        },
      ],
    };
    const measured = { "compared with": "mnist", "fake samples": "10", splits: "10" };
    assert.deepEqual(scoresIn(report), [
      {
        name: "is",
        better: "higher",
        value: 2,
        deviation: Math.SQRT2,
        repeats: 2,
        iteration: 500,
        note: "of 10 images it means little",
        measured,
      },
    ]);
    assert.deepEqual(scoresIn({}), []);
    // Truncated latents give another score, which is compared with its like alone.
    const named = (details: object) =>
      scoresIn({ ...report, subject: { details: { iteration: 500, ...details } } }).map(
        ({ name, measured: how }) => [name, how["standing statistics"]],
      );
    assert.deepEqual(named({ truncation: 0.5 }), [["is truncation 0.5", undefined]]);
    assert.deepEqual(named({ psi: 0.7, standing: 16 }), [["is psi 0.7", "16 batches"]]);
  });

  test("numbers are short, and deviations round their means", () => {
    assert.deepEqual([34.20531, 0.00001234, 123456, 2, Number.NaN].map(shortNumber), [
      "34.21",
      "1.23e-5",
      "123456",
      "2",
      "NaN",
    ]);
    assert.equal(withDeviation(1 / 3, 0.577), "0.33 ± 0.58");
    assert.equal(withDeviation(341.27, 12.3), "341 ± 12");
    assert.equal(withDeviation(2, 0), "2 ± 0");
  });
});
