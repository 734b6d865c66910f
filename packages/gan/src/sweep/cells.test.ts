import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Cell, readDone } from "./cells.js";

const folder = await mkdtemp(join(tmpdir(), "gantry-cells-"));
after(() => rm(folder, { recursive: true, force: true }));

const keep = (name: string, outcome: object) => writeFile(join(folder, name), JSON.stringify(outcome));

test("what lies under a key is taken whatever it was called; without a key only the very cell's", async () => {
  const work = { steps: 3 };
  const shared: Cell = { problem: "cifar10", method: "sngan", seed: 0, work, key: "aa11" };
  await keep("aa11.json", { cell: shared, status: "done", result: 1 });
  const elsewhere: Cell = {
    problem: "cifar100",
    method: "n5",
    seed: 0,
    work: { ...work, words: "" },
    key: "aa11",
  };
  assert.deepEqual(await readDone(folder, [elsewhere]), [{ cell: elsewhere, status: "done", result: 1 }]);
  assert.deepEqual(await readDone(folder, [{ ...shared, key: "bb22" }]), []);
  // A file of another key under this name is none.
  await keep("cc33.json", { cell: shared, status: "done", result: 2 });
  assert.deepEqual(await readDone(folder, [{ ...shared, key: "cc33" }]), []);

  const plain: Cell = { problem: "ring", method: "gan", seed: 1, work };
  await keep("ring-gan-1.json", { cell: plain, status: "done", result: 3 });
  assert.equal((await readDone(folder, [plain]))[0]?.result, 3);
  assert.deepEqual(await readDone(folder, [{ ...plain, work: { steps: 4 } }]), []);
  // What failed was not measured.
  await keep("ring-gan-2.json", { cell: { ...plain, seed: 2 }, status: "failed", reason: "why" });
  assert.deepEqual(await readDone(folder, [{ ...plain, seed: 2 }]), []);
});
