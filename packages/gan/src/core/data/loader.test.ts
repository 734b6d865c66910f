import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { numbered } from "../../testing/datasets.js";
import { type Dataset, MemoryDataset } from "./dataset.js";
import { type Batch, createLoader, type LoaderState } from "./loader.js";
import { openDataset } from "./open.js";

/** The parts of a batch that can be compared. */
function plain({ data, shape, labels, indices, epoch }: Batch) {
  return { data: [...data], shape, labels: labels && [...labels], indices: [...indices], epoch };
}

test("an epoch hands out every item once, in an order of its own", async () => {
  for (const prefetch of [0, 2]) {
    const dataset = numbered(10);
    const loader = createLoader({ dataset, batch: 5, seed: 7, prefetch });
    const orders: number[][] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      const [a, b] = [await loader.next(), await loader.next()];
      assert.deepEqual([a.epoch, b.epoch, a.shape], [epoch, epoch, [5, 1, 2, 2]]);
      orders.push([...a.indices, ...b.indices]);
      assert.deepEqual([...a.data], [...dataset.read(a.indices)]);
      assert.deepEqual(a.labels, dataset.labels(a.indices));
    }
    for (const order of orders) assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(new Set(orders.map(String)).size, 3);
    await loader.close();
  }
});

test("the last short batch is dropped, or handed out", async () => {
  const sizes = async (dropLast: boolean) => {
    const loader = createLoader({ dataset: numbered(10), batch: 4, seed: 1, dropLast });
    const batches = [await loader.next(), await loader.next(), await loader.next(), await loader.next()];
    return batches.map(({ indices, epoch, shape }) => [indices.length, shape[0], epoch]);
  };
  assert.deepEqual(await sizes(true), [
    [4, 4, 0],
    [4, 4, 0],
    [4, 4, 1],
    [4, 4, 1],
  ]);
  assert.deepEqual(await sizes(false), [
    [4, 4, 0],
    [4, 4, 0],
    [2, 2, 0],
    [4, 4, 1],
  ]);
});

test("a loader goes on exactly where its state was taken, with and without a thread", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.integer({ min: 3, max: 12 }),
        batch: fc.integer({ min: 1, max: 3 }),
        seed: fc.nat(),
        dropLast: fc.boolean(),
        consumed: fc.integer({ min: 0, max: 9 }),
      }),
      fc.constantFrom([0, 0], [0, 1], [3, 0], [2, 2]),
      async ({ count, batch, seed, dropLast, consumed }, [before, after]) => {
        const dataset = numbered(count);
        const options = { dataset, batch, seed, dropLast };
        const straight = createLoader({ ...options, prefetch: before! });
        for (let i = 0; i < consumed; i++) await straight.next();
        const state = JSON.parse(JSON.stringify(straight.state())) as LoaderState;
        const resumed = createLoader({ ...options, prefetch: after!, state });
        assert.deepEqual(resumed.state(), state);
        for (let i = 0; i < 6; i++) {
          assert.deepEqual(plain(await resumed.next()), plain(await straight.next()));
          assert.deepEqual(resumed.state(), straight.state());
        }
        await straight.close();
        await resumed.close();
      },
    ),
    { numRuns: 20 },
  );
});

test("the state's digest tells histories apart, and does not see what is gathered ahead", async () => {
  const digestAfter = async (seed: number, batches: number, prefetch: number) => {
    const loader = createLoader({ dataset: numbered(50), batch: 5, seed, prefetch });
    for (let i = 0; i < batches; i++) await loader.next();
    const { digest } = loader.state();
    await loader.close();
    return digest;
  };
  assert.equal(await digestAfter(1, 3, 0), await digestAfter(1, 3, 4));
  assert.notEqual(await digestAfter(1, 3, 0), await digestAfter(1, 4, 0));
  assert.notEqual(await digestAfter(1, 3, 0), await digestAfter(2, 3, 0));
});

test("points and small batches come at once, large images through a thread", async () => {
  const ring = createLoader({ dataset: await openDataset("ring"), batch: 100, seed: 0 });
  const batch = ring.next();
  assert.ok(!(batch instanceof Promise) && batch.data instanceof Float32Array);
  assert.deepEqual(batch.shape, [100, 2]);
  const small = createLoader({ dataset: numbered(10), batch: 2, seed: 0 });
  assert.ok(!(small.next() instanceof Promise));

  const shape = [3, 512, 512];
  const record = 3 * 512 * 512;
  const data = new Uint8Array(new SharedArrayBuffer(2 * record)).fill(5);
  const items = { data, record, parts: 1, table: undefined };
  const large = createLoader({
    dataset: new MemoryDataset({ name: "large", kind: "images", shape, items }),
    batch: 2,
    seed: 0,
  });
  const promised = large.next();
  assert.ok(promised instanceof Promise);
  assert.equal((await promised).data.length, 2 * record);
  await large.close();
});

test("mistakes are refused with what is wrong", () => {
  const dataset = numbered(10);
  const fails = (options: object, message: RegExp) =>
    assert.throws(() => createLoader({ dataset, batch: 2, seed: 0, ...options }), {
      name: "UsageError",
      exitCode: 2,
      message,
    });
  fails({ batch: 11 }, /a batch of 11 is larger than the data set numbered \(10 items\)/);
  fails({ batch: 0 }, /must be 1 or more/);
  fails({ prefetch: -1 }, /prefetch must be 0 or more/);
  const state = createLoader({ dataset, batch: 2, seed: 0 }).state();
  fails({ state, seed: 1 }, /order of seed 0, not 1/);
  fails({ state: { ...state, dataset: "other" } }, /its digest differs/);
  fails({ state: { ...state, position: 11 } }, /no loader of 10 items stands at 11/);
});

test("a thread that fails makes next() reject, now and later", { timeout: 20_000 }, async () => {
  const good = numbered(4);
  // A table of the wrong type: the thread cannot read it.
  const broken: Dataset = {
    ...good,
    name: "broken",
    count: 4,
    shape: [1, 2, 2],
    kind: "images",
    classes: undefined,
    digest: "broken",
    leftOut: [],
    shared: { ...good.shared!, record: -1 },
    read: good.read.bind(good),
    labels: () => undefined,
  };
  const loader = createLoader({ dataset: broken, batch: 2, seed: 0, prefetch: 2 });
  await assert.rejects(async () => await loader.next(), {
    name: "RunError",
    exitCode: 1,
    message: /thread failed/,
  });
  await assert.rejects(async () => await loader.next(), { name: "RunError", message: /thread failed/ });
  await loader.close();
});

test("a closed loader hands out nothing, and those who wait are told", { timeout: 20_000 }, async () => {
  const threaded = createLoader({ dataset: numbered(10), batch: 2, seed: 0, prefetch: 1 });
  const waiting = assert.rejects(async () => await threaded.next(), { message: /the data loader is closed/ });
  await threaded.close();
  await waiting;
  await assert.rejects(async () => await threaded.next(), { message: /is closed/ });
  await threaded.close();
  const direct = createLoader({ dataset: numbered(10), batch: 2, seed: 0 });
  await direct.close();
  assert.throws(() => direct.next(), /is closed/);
});

test("neither a closed nor a forgotten loader keeps the process alive", { timeout: 20_000 }, async () => {
  const script = (close: string) => `
    import { createLoader } from ${JSON.stringify(new URL("./loader.js", import.meta.url).href)};
    import { numbered } from ${JSON.stringify(new URL("../../testing/datasets.js", import.meta.url).href)};
    const loader = createLoader({ dataset: numbered(10), batch: 2, seed: 0, prefetch: 2 });
    const { indices } = await loader.next();
    ${close}
    console.log(indices.length);`;
  for (const close of ["await loader.close();", ""]) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script(close)],
      { timeout: 10_000 },
    );
    assert.equal(stdout.trim(), "2");
  }
});
