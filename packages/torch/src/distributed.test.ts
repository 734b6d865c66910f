import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as distributed from "./distributed.js";
import { grad, nn, RandomGenerator, setThreads, type Tensor, torch } from "./index.js";

setThreads(1);
const child = fileURLToPath(new URL("./testing/ranksChild.js", import.meta.url));
const skip = distributed.hasGroups()
  ? false
  : "this build has no process groups: gloo's headers were not there";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What each of several processes makes of a task. */
async function together<T>(
  task: string,
  size: number,
  change: (place: distributed.GroupPlace) => object = (place) => place,
  ranks = Array.from({ length: size }, (_, rank) => rank),
): Promise<T[]> {
  const port = await freePort();
  return await Promise.all(
    ranks.map(async (rank) => {
      const place = change({ host: "127.0.0.1", address: "127.0.0.1", port, rank, size });
      const run = promisify(execFile)(process.execPath, [child, task, JSON.stringify(place)]);
      const { stdout } = await run.catch((error: { stdout: string }) => error);
      return (stdout === "" ? undefined : JSON.parse(stdout)) as T;
    }),
  );
}

const near = (found: readonly number[], expected: readonly number[], tolerance = 1e-12) => {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] as number)) < tolerance, `${i}: ${value}, not ${expected[i]}`);
  });
};

test("with one process everything stays what it was", async () => {
  const x = torch.tensor([1, 2]);
  distributed.acrossRanks({ rows: true, batchNorm: true }, () => {
    for (const same of [
      distributed.meanOfRanks,
      distributed.meanOfBatch,
      distributed.rowsOfBatch,
      distributed.ownRows,
    ])
      assert.equal(same(x), x);
    assert.equal(
      distributed.drawRows([2], () => x),
      x,
    );
    assert.deepEqual(distributed.place(5), { from: 0, of: 5 });
  });
  assert.deepEqual(await distributed.sumNumbers([1, 2]), [1, 2]);
  assert.deepEqual([distributed.rank(), distributed.size()], [0, 1]);
});

test("three processes add up, and hear what the first has", { skip }, async () => {
  type Sums = { means: number[][]; numbers: number[]; first: number[] };
  const all = await together<Sums>("sums", 3);
  for (const each of all) assert.deepEqual(each, { means: [[2, 4, 6], [7]], numbers: [3, 3], first: [5, 9] });
});

test("rows of all processes come with gradients, and theirs", { skip }, async () => {
  type Gathered = { all: number[][]; slope: number[]; second: number[] };
  const all = await together<Gathered>("gathers", 2);
  // By x of two processes' costs, each sum x^3: 2 * 3 x^2; of that, 2 * 6 x.
  for (const [rank, { all: rows, slope, second }] of all.entries()) {
    const own = [1, 2].map((value) => value * (rank + 1));
    assert.deepEqual(rows, [
      [1, 2],
      [2, 4],
    ]);
    assert.deepEqual(
      slope,
      own.map((x) => 2 * 3 * x ** 2),
    );
    assert.deepEqual(
      second,
      own.map((x) => 2 * 6 * x),
    );
  }
});

test("processes draw one batch's numbers, and go on alike", { skip }, async () => {
  const generator = new RandomGenerator(3);
  const whole = torch.rand([4, 3], { generator, dtype: "float64" });
  const grouped = torch.rand([8], { generator, dtype: "float64" }).toNumbers();
  const next = torch.rand([1], { generator, dtype: "float64" }).item();
  const all = await together<{ own: number[][]; grouped: number[]; next: number }>("draws", 2);
  assert.deepEqual(
    all.flatMap(({ own }) => own),
    whole.toList(),
  );
  assert.deepEqual(
    all.map(({ grouped }) => grouped),
    [0, 1].map((rank) => [0, 4].flatMap((from) => grouped.slice(from + 2 * rank, from + 2 * rank + 2))),
  );
  for (const each of all) assert.equal(each.next, next);
});

test("batch norm over two processes is that of the whole batch, its slopes' slopes too", {
  skip,
}, async () => {
  const images = torch
    .randn([8, 3, 2, 2], { generator: new RandomGenerator(4), dtype: "float64" })
    .mul(3)
    .add(1);
  const all = await together<number[][][]>("norms", 2);
  for (const [i, groups] of [1, 2].entries()) {
    const norm = new nn.BatchNorm2d(3).to({ dtype: "float64" });
    (norm.weight as nn.Parameter).detach().copy_(torch.tensor([0.5, 1.5, -1], { dtype: "float64" }));
    const x = images.detach().requiresGrad_();
    const output = nn.batchGroups(groups, () => norm.activated(x, 0.2));
    // Each process's cost is a mean over its half: their sum is twice the whole's.
    const [slope] = grad(output.square().mul(output.cos()).mean().mul(2), [x], { createGraph: true }) as [
      Tensor,
    ];
    const [second] = grad(slope.square().sum(), [x]) as [Tensor];
    const rank = (whole: Tensor, which: number) =>
      torch
        .cat(
          whole.chunk(groups, 0).map((part) => part.chunk(2, 0)[which] as Tensor),
          0,
        )
        .toNumbers();
    for (const [which, process] of all.entries()) {
      const [o = [], s = [], t = [], mean = [], variance = []] = process[i] as number[][];
      near(o, rank(output, which));
      near(s, rank(slope, which));
      near(t, rank(second, which));
      near(mean, norm.runningMean.toNumbers());
      near(variance, norm.runningVar.toNumbers());
    }
  }
});

test("who does not come, comes twice or ends is told in one line", { skip }, async () => {
  type Told = { name: string; message: string } | undefined;
  const late = (place: distributed.GroupPlace) => ({ ...place, patience: 1000 });
  const soon = (place: distributed.GroupPlace) => ({ ...place, patience: 5000 });
  const [[alone], [lost], twins, [left], sizes] = await Promise.all([
    together<Told>("sums", 2, late, [0]),
    together<Told>("sums", 2, late, [1]),
    together<Told>("sums", 3, (place) => ({ ...soon(place), rank: Math.min(1, place.rank) })),
    together<Told>("leaves", 2),
    together<Told>("sums", 2, (place) => ({ ...soon(place), size: 2 + place.rank })),
  ]);
  const oneSays = (all: readonly Told[], words: RegExp) =>
    assert.ok(
      all.some((each) => words.test(each?.message ?? "")),
      JSON.stringify(all),
    );
  assert.match(alone?.message ?? "", /^rank 1 did not come to 127\.0\.0\.1:\d+ within 1 s$/);
  assert.match(lost?.message ?? "", /^no store of LibTorch \S+ answers at 127\.0\.0\.1:\d+: is rank 0 there/);
  oneSays(twins, /two processes call themselves rank 1/);
  assert.deepEqual(left, { name: "RankError", message: "another of the processes ended" });
  oneSays(sizes, /in a group of 3.*in a group of 2|in a group of 2.*in a group of 3/);
});

test("a slow process is awaited as long as was said", { skip }, async () => {
  type Told = { name: string; message: string } | number[];
  const [patient, hasty] = await Promise.all([
    together<Told>("slow", 2),
    together<Told>("slow", 2, (place) => ({ ...place, timeout: 1000 })),
  ]);
  assert.deepEqual(patient, [[2], [2]]);
  assert.deepEqual(hasty[0], {
    name: "RankError",
    message: "another of the processes did not answer within 1 s",
  });
});

before(() => {
  assert.equal(distributed.size(), 1);
});
