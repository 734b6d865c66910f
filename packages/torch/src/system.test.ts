import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { describe, deviceCount, getThreads, setThreads, TorchError, version } from "./index.js";
import { native } from "./native.js";

test("threads are set and reported, and kept within reason", () => {
  setThreads(2);
  assert.equal(getThreads(), 2);
  assert.match(describe(), /threads/i);
  setThreads(1);
  assert.equal(getThreads(), 1);
  for (const count of [0, -1, 0.5, Number.NaN, 1e6]) assert.throws(() => setThreads(count), TorchError);
  assert.equal(getThreads(), 1);
});

test("LibTorch says what it is", () => {
  assert.match(version(), /^\d+\.\d+\.\d+/);
  assert.equal(deviceCount("cpu"), 1);
  assert.equal(typeof deviceCount("cuda"), "number");
  assert.throws(() => deviceCount("tpu" as "cpu"), TorchError);
});

test("an operator that this LibTorch lacks fails when it is asked for", () => {
  assert.throws(() => native.resolve("aten::nonsense", ""), /no operator aten::nonsense/);
  assert.throws(() => native.call(0xffffffff), TorchError);
});

test("a worker has its own tensors, and ends without disturbing the others", async () => {
  const before = native.liveCount();
  const script = `
    const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(new URL("./index.js", import.meta.url).href)}).then(({ torch, liveTensors }) => {
      const kept = torch.ones([4]);
      parentPort.postMessage({ sum: kept.sum(null).item(), live: liveTensors().count });
    });
  `;
  const worker = new Worker(script, { eval: true });
  const message = await new Promise((resolve, reject) => {
    worker.on("message", resolve);
    worker.on("error", reject);
  });
  assert.deepEqual(message, { sum: 4, live: 2 });
  await worker.terminate();
  assert.equal(native.liveCount(), before);
});
