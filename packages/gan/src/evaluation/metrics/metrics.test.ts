import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, setThreads } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { Random } from "../../core/data/random.js";
import { readGolden } from "../../testing/golden.js";
import { formula, rowsOf, tableSamples } from "../../testing/tables.js";
import frechetMetric, { frechetDistance } from "./frechet.js";
import { inceptionScores } from "./inceptionScore.js";
import kernelMetric, { kernelDiscrepancies } from "./kernelInception.js";
import {
  compareScores,
  differingConventions,
  IncomparableError,
  meanAndDeviation,
  metrics,
} from "./metric.js";
import { meanProbabilities, modeScores } from "./modeScore.js";
import { Moments } from "./moments.js";
import { type NeighbourScores, precisionRecallDensityCoverage } from "./prdc.js";
import { MemoryTable, type Table } from "./table.js";

setThreads(1);

interface Golden {
  features: { fake: number[]; last: number };
  frechet: number;
  frechetSingular: number;
  kernel: number[];
  inception: number[];
  prdcClosed: NeighbourScores;
  prdcOpen: NeighbourScores;
}
const golden = readGolden<Golden>("metrics/metrics.json");
const fake = formula(300, 24, 1, 1, 0.1);
const real = formula(400, 24, 2, 1.2);

const distance = (a: Table, b: Table): number => frechetDistance(Moments.of(a), Moments.of(b));

function assertClose(value: number, wished: number, tolerance: number, what = ""): void {
  // Written so that NaN fails.
  assert.ok(Math.abs(value - wished) <= tolerance, `${what} ${value}, expected ${wished}`);
}

function gaussian(rows: number, columns: number, seed: number): MemoryTable {
  const random = new Random(seed);
  return new MemoryTable(
    Float32Array.from({ length: rows * columns }, () => random.gaussian()),
    columns,
  );
}

test("the golden features are the formula's", () => {
  assert.deepEqual([...fake.read(0, 2)], golden.features.fake);
  assert.equal(real.read(399, 400)[23], golden.features.last);
});

test("fid: as SciPy computes it, and as the data's singular values give it where covariances are singular", () => {
  assertClose(distance(fake, real), golden.frechet, 1e-6);
  assertClose(distance(real, fake), golden.frechet, 1e-6);
  assertClose(distance(formula(12, 40, 3), formula(9, 40, 4)), golden.frechetSingular, 1e-6);
});

test("fid: of a set with itself 0, also with fewer samples than dimensions", () => {
  assertClose(distance(fake, fake), 0, 1e-6);
  const few = formula(20, 200, 3, 5, 10);
  assertClose(distance(few, few), 0, 1e-6);
});

test("fid: of two known Gaussians the closed form", () => {
  // Diagonal covariances: |dm|^2 + sum (s1 - s2)^2, and here with exact moments.
  const of = (mean: number[], deviations: number[]): Moments => {
    const n = mean.length;
    const scatter = new Float64Array(n * n);
    for (const [i, deviation] of deviations.entries()) scatter[i * n + i] = deviation ** 2 * 99;
    return Moments.from(100, Float64Array.from(mean), scatter);
  };
  const a = of([1, 2, 3], [1, 2, 0.5]);
  const b = of([1, 0, 3], [3, 2, 0]);
  assertClose(frechetDistance(a, b), 4 + 4 + 0 + 0.25, 1e-9);
  // Rotated by 45 degrees against each other: S1 = diag(4, 1), S2 = R diag(4, 1) R^T.
  const c = Moments.from(2, Float64Array.of(0, 0), Float64Array.of(4, 0, 0, 1));
  const d = Moments.from(2, Float64Array.of(0, 0), Float64Array.of(2.5, 1.5, 1.5, 2.5));
  // tr (S1 S2)^(1/2) of 2 x 2 matrices: sqrt(tr S1 S2 + 2 sqrt(det S1 det S2)).
  assertClose(frechetDistance(c, d), 10 - 2 * Math.sqrt(12.5 + 2 * 4), 1e-12);
});

test("fid:covariance=n divides by N, as stylegan2-ada-pytorch's E[xx] - E[x]E[x] does", async () => {
  const rows = (values: number[]) => new MemoryTable(Float32Array.from(values), 1);
  const [a, b] = [
    [1, 2, 4, 9],
    [0, 3, 3],
  ] as const;
  const gaussian = (values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const raw = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    return { mean, deviation: Math.sqrt(raw - mean * mean) };
  };
  const [p, q] = [gaussian(a), gaussian(b)];
  const expected = (p.mean - q.mean) ** 2 + (p.deviation - q.deviation) ** 2;
  const pair = { fake: tableSamples(rows([...a])), real: tableSamples(rows([...b])) };
  const value = async (covariance: "n" | "n-1") =>
    (await frechetMetric.score({ covariance }, pair))[0]!.value;
  assertClose(await value("n"), expected, 1e-12);
  assert.ok(Math.abs((await value("n-1")) - expected) > 0.1);
});

test("kid: as NumPy computes it on the same subsets", async () => {
  const options = { subsets: 5, subsetSize: 100, seed: 2020 };
  const values = await kernelDiscrepancies(fake, real, options);
  for (const [i, value] of values.entries()) assertClose(value, golden.kernel[i]!, 1e-12);
});

test("kid: around 0 for two halves of one set, and unbiased whatever the size of the subsets", async () => {
  const all = gaussian(1200, 8, 5);
  const [a, b] = [rowsOf(all, 0, 600), rowsOf(all, 600, 1200)];
  for (const subsetSize of [10, 100]) {
    const { mean, deviation } = meanAndDeviation(
      await kernelDiscrepancies(a, b, { subsets: 60, subsetSize }),
    );
    assert.ok(Math.abs(mean) < deviation, `${mean} +- ${deviation}`);
  }
});

test("is: as PyTorch computes it in NumPy's order", () => {
  const values = inceptionScores(formula(257, 10, 5, 8));
  for (const [i, value] of values.entries()) assertClose(value, golden.inception[i]!, 1e-10);
});

test("is: 1 for uniform and for constant predictions, the number of classes for sure and even ones", () => {
  const constant = new MemoryTable(new Float32Array(50 * 4), 4);
  for (const value of inceptionScores(constant)) assertClose(value, 1, 1e-12);
  const sure = new Float32Array(40 * 4);
  for (let i = 0; i < 40; i++) sure[4 * i + (i % 4)] = 1e4;
  for (const value of inceptionScores(new MemoryTable(sure, 4), { splits: 10, shuffle: false }))
    assertClose(value, 4, 1e-9);
});

test("mode: equals the inception score, whatever the training labels, also where a class has none", () => {
  const logits = formula(257, 10, 5, 8);
  const wished = inceptionScores(logits);
  const trainings = [
    new Float64Array(10).fill(1),
    meanProbabilities(formula(100, 10, 7, 3)),
    Float64Array.of(1000, 1, 1, 1, 0, 1, 1, 1, 1, 1e-9),
  ];
  for (const training of trainings)
    for (const [i, value] of modeScores(logits, training).entries()) assertClose(value, wished[i]!, 1e-9);
  assert.throws(() => modeScores(logits, [1, 2]), UsageError);
  assert.throws(() => modeScores(logits, new Float64Array(10)), UsageError);
});

test("prdc: as plain NumPy computes it", async () => {
  const keys = ["precision", "recall", "density", "coverage"] as const;
  const closed = await precisionRecallDensityCoverage(fake, real);
  const open = await precisionRecallDensityCoverage(fake, real, {
    neighbours: 2,
    densityNeighbours: 4,
    boundary: "open",
  });
  for (const key of keys) {
    assertClose(closed[key], golden.prdcClosed[key], 1e-12, key);
    assertClose(open[key], golden.prdcOpen[key], 1e-12, key);
  }
});

test("prdc: precision and recall swap with the sets, and tiles do not show", async () => {
  const there = await precisionRecallDensityCoverage(fake, real);
  const back = await precisionRecallDensityCoverage(real, fake);
  assert.equal(there.precision, back.recall);
  assert.equal(there.recall, back.precision);
  // More rows than one tile has, in two dimensions: compared with a plain count.
  const [a, b] = [gaussian(2200, 2, 1), gaussian(2100, 2, 2)];
  const scores = await precisionRecallDensityCoverage(a, b);
  /** Distances of each row to its five nearest others, ascending. */
  const near = Array.from({ length: b.rows }, (_, i) => {
    const least = new Array<number>(5).fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < b.rows; j++) {
      const d = gap(b, i, b, j);
      if (i === j || d >= least[4]!) continue;
      least[4] = d;
      least.sort((x, y) => x - y);
    }
    return least;
  });
  let precise = 0;
  let dense = 0;
  for (let i = 0; i < a.rows; i++) {
    let hit = false;
    for (let j = 0; j < b.rows; j++) {
      const d = gap(a, i, b, j);
      if (d <= near[j]![2]!) hit = true;
      if (d <= near[j]![4]!) dense++;
    }
    if (hit) precise++;
  }
  assertClose(scores.precision, precise / a.rows, 1e-12);
  assertClose(scores.density, dense / (5 * a.rows), 1e-12);
});

function gap(a: Table, i: number, b: Table, j: number): number {
  const [x, y] = [a.read(i, i + 1), b.read(j, j + 1)];
  return (x[0]! - y[0]!) ** 2 + (x[1]! - y[1]!) ** 2;
}

test("nothing is NaN: constant images, all equal, two images, more dimensions than samples", async () => {
  const zeros = new MemoryTable(new Float32Array(12 * 30), 30);
  const row = formula(1, 30, 1, 3, 1e3).read(0, 1);
  const equal = new MemoryTable(
    Float32Array.from({ length: 12 * 30 }, (_, i) => row[i % 30]!),
    30,
  );
  const two = formula(2, 30, 1);
  const many = formula(12, 30, 2);
  const sets = [zeros, equal, two, many];
  for (const a of sets) {
    for (const b of sets) {
      const fid = distance(a, b);
      assert.ok(Number.isFinite(fid) && fid >= 0);
      if (a === b) assertClose(fid, 0, 1e-6);
      for (const value of await kernelDiscrepancies(a, b, { subsets: 2, subsetSize: 2 }))
        assert.ok(Number.isFinite(value));
      const k = { neighbours: 1, densityNeighbours: 1 };
      const near = await precisionRecallDensityCoverage(a, b, k);
      for (const value of Object.values(near)) assert.ok(Number.isFinite(value));
      if (a === b) assert.deepEqual([near.precision, near.recall, near.coverage], [1, 1, 1]);
    }
    for (const value of inceptionScores(a, { splits: 2 })) assert.ok(value >= 1 - 1e-12 && value <= 30);
  }
});

test("too few samples are refused, with the option to change", async () => {
  const two = formula(2, 3, 1);
  await assert.rejects(kernelDiscrepancies(two, two), /subsetSize=2 or less/);
  await assert.rejects(precisionRecallDensityCoverage(two, two), /neighbours/);
  assert.throws(() => inceptionScores(two), /splits=2 or less/);
  assert.throws(() => distance(two, new MemoryTable(new Float32Array(0), 3)), UsageError);
});

test("scores carry their network, counts, seed and conventions, and compare only with their like", async () => {
  const pair = {
    fake: tableSamples(fake, { conventions: { quantisation: "clip", resize: "none" } }),
    real: tableSamples(real, { conventions: { quantisation: "none", resize: "none" } }),
  };
  const [fid] = await frechetMetric.score({ covariance: "n-1" }, pair);
  assert.deepEqual(
    { ...fid, value: 0 },
    {
      name: "fid[test-net]",
      metric: "fid",
      network: "test-net",
      value: 0,
      deviation: null,
      better: "lower",
      samples: { fake: 300, real: 400 },
      seed: null,
      conventions: {
        quantisation: "clip",
        "real quantisation": "none",
        resize: "none",
        covariance: "n-1",
      },
      detail: null,
    },
  );
  const options = kernelMetric.options.parse({ subsets: 2, subsetSize: 50 });
  const [kid] = await kernelMetric.score(options, pair);
  assert.equal(kid?.seed, 2020);
  assert.equal(kid?.conventions.subsetSize, 50);
  assert.ok(compareScores({ ...fid!, value: 1 }, { ...fid!, value: 2 }) < 0);
  assert.ok(
    compareScores({ ...fid!, better: "higher", value: 1 }, { ...fid!, better: "higher", value: 2 }) > 0,
  );
  const elsewhere = { ...fid!, name: "fid[other]", network: "other" };
  assert.throws(() => compareScores(fid!, elsewhere), IncomparableError);
  assert.throws(() => compareScores(fid!, kid!), IncomparableError);
  assert.deepEqual(differingConventions(kid!, { ...kid!, samples: { fake: 10, real: 400 } }), [
    "fake samples: 300 and 10",
  ]);
  const strange = { fake: pair.fake, real: tableSamples(real, { network: "other" }) };
  await assert.rejects(frechetMetric.score({ covariance: "n-1" }, strange), IncomparableError);
});

test("the registry finds every metric of this folder", async () => {
  const known = await metrics.all();
  for (const name of ["fid", "kid", "is", "mode", "prdc", "coverage", "missing", "points"])
    assert.ok(known.has(name), name);
  for (const metric of known.values()) assert.doesNotThrow(() => metric.options.parse({}));
});

test("long work stops when asked, and says how far it is", async () => {
  const controller = new AbortController();
  const shares: number[] = [];
  const context = {
    signal: controller.signal,
    onProgress: (share: number) => {
      shares.push(share);
      if (share >= 0.5) controller.abort(new Error("enough"));
    },
  };
  await assert.rejects(kernelDiscrepancies(fake, real, { subsets: 4, subsetSize: 10 }, context), /enough/);
  assert.deepEqual(shares, [0.25, 0.5]);
});

test("metrics leave no tensors behind", async () => {
  const before = liveTensors().count;
  distance(fake, real);
  inceptionScores(fake);
  modeScores(fake, new Float64Array(24).fill(1));
  await kernelDiscrepancies(fake, real, { subsets: 1, subsetSize: 10 });
  await precisionRecallDensityCoverage(fake, real);
  assert.equal(liveTensors().count, before);
});
