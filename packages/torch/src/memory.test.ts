import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { scope, setThreads, type Tensor, TorchError, torch } from "./index.js";
import { memoryGroups } from "./limits.js";
import { native } from "./native.js";
import { Random } from "./testing/random.js";

setThreads(1);

const MIB = 2 ** 20;
const FLOATS = MIB / 4;

interface Held {
  readonly tensor: Tensor;
  readonly value: number;
  readonly bytes: number;
}

/** Large tensors of many sizes, made and freed in any order, up to `room` bytes at a time. */
class Churn {
  readonly #random = new Random(5);
  readonly #live: Held[] = [];
  #used = 0;
  #next = 0;

  constructor(readonly room: number) {}

  step(): void {
    const count = FLOATS + this.#random.int(24 * FLOATS);
    while (this.#used + 4 * count > this.room) this.#free(this.#random.int(this.#live.length));
    const value = ++this.#next;
    this.#live.push({ tensor: torch.full([count], value, { dtype: "float32" }), value, bytes: 4 * count });
    this.#used += 4 * count;
  }

  #free(index: number): void {
    const [{ tensor, value, bytes }] = this.#live.splice(index, 1) as [Held];
    assert.equal(tensor.min().item(), value);
    assert.equal(tensor.max().item(), value);
    tensor.dispose();
    this.#used -= bytes;
  }

  end(): void {
    while (this.#live.length > 0) this.#free(0);
  }
}

test("large tensors keep their numbers, whoever had their memory before", () => {
  const churn = new Churn(150 * MIB);
  for (let i = 0; i < 150; i++) churn.step();
  churn.end();
});

test("what large tensors of all sizes hold is hardly more than they need", {
  skip: process.platform !== "linux" && "on Linux only",
}, () => {
  const before = process.memoryUsage.rss();
  const churn = new Churn(400 * MIB);
  for (let i = 0; i < 300; i++) churn.step();
  const held = (process.memoryUsage.rss() - before) / MIB;
  churn.end();
  // The 150 MiB of the test before are used again; a block's last page is not full.
  assert.ok(held < 250 * 1.25, `${held.toFixed(0)} MiB for 400 less 150`);
});

test("what is kept for the next tensors counts as available, and goes back after a second without any", {
  skip: process.platform !== "linux" && "on Linux only",
}, async () => {
  const resident = () => process.memoryUsage.rss() / MIB;
  const use = () =>
    scope(() =>
      assert.equal(
        torch
          .ones([200 * FLOATS])
          .sum(null)
          .item(),
        200 * FLOATS,
      ),
    );
  use();
  const kept = resident();
  use();
  assert.ok(Math.abs(resident() - kept) < 100, "it is used again");
  const began = performance.now();
  while (resident() > kept - 190 && performance.now() - began < 20_000)
    await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(resident() <= kept - 190, `${resident()} MiB of ${kept} are left`);
  assert.ok(performance.now() - began >= 900);
  use();
});

test("a limit of a container's is one for tensors of any size, and what is kept is given back before one is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-memory-"));
  const [limit, used, kinds] = ["limit", "used", "kinds"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  try {
    writeFileSync(limit, String(100 * MIB));
    writeFileSync(used, String(60 * MIB));
    native.setMemoryGroups([[limit, used, kinds, "inactive_file"]]);
    scope(() => {
      // More than is kept, and than is left.
      assert.throws(
        () => torch.empty([600 * FLOATS]),
        /out of memory: one tensor would take 0.59 GiB, and 0.04 GiB are free/,
      );
      // All that was kept had to go: little is more than nothing now.
      assert.throws(
        () => torch.empty([45 * FLOATS]),
        /one tensor would take 0.04 GiB, and 0.04 GiB are free/,
      );
      assert.equal(
        torch
          .ones([30 * FLOATS])
          .mean(null)
          .item(),
        1,
      );
    });
    // What is kept of that counts: the next tensors are made of it.
    assert.equal(native.availableMemory(), 70 * MIB);
    scope(() =>
      assert.equal(
        torch
          .ones([65 * FLOATS])
          .max()
          .item(),
        1,
      ),
    );
  } finally {
    native.setMemoryGroups(
      memoryGroups().map(({ limit, used, kinds, reclaimable }) => [limit, used, kinds, reclaimable]),
    );
    rmSync(folder, { recursive: true });
  }
});

test("more than there is of memory is an error, and what there was remains", () =>
  scope(() => {
    const kept = torch.full([2 * FLOATS], 3, { dtype: "float32" });
    for (const count of [2 ** 46, 2 ** 60]) assert.throws(() => torch.zeros([count]), TorchError);
    assert.equal(
      torch
        .ones([3 * FLOATS])
        .sum()
        .item(),
      3 * FLOATS,
    );
    assert.equal(kept.max().item(), 3);
  }));
