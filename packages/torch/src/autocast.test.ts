import assert from "node:assert/strict";
import { test } from "node:test";
import { autocast, scope, setThreads, TorchError, torch } from "./index.js";

setThreads(1);

const product = () => scope(() => torch.ones([4, 4]).matmul(torch.ones([4, 4])).dtype);

test("matrix products and convolutions run in bfloat16, losses in float32", () => {
  scope(() => {
    const x = torch.ones([2, 3, 8, 8]);
    const w = torch.ones([4, 3, 3, 3]);
    autocast("bfloat16", () => {
      assert.equal(product(), "bfloat16");
      assert.equal(torch.conv2d(x, w).dtype, "bfloat16");
      assert.equal(torch.linear(torch.ones([2, 4]), torch.ones([3, 4])).dtype, "bfloat16");
      assert.equal(
        torch
          .ones([2])
          .toCopy({ dtype: "bfloat16" })
          .mseLoss(torch.ones([2])).dtype,
        "float32",
      );
      assert.equal(torch.ones([4]).add(1).dtype, "float32");
      assert.equal(
        torch.ones([4, 4], { dtype: "float64" }).matmul(torch.ones([4, 4], { dtype: "float64" })).dtype,
        "float64",
      );
    });
    assert.equal(product(), "float32");
  });
});

test("it nests, and float32 inside runs unchanged", () => {
  autocast("bfloat16", () => {
    autocast("bfloat16", () => assert.equal(product(), "bfloat16"));
    assert.equal(product(), "bfloat16");
    assert.equal(autocast("float32", product), "bfloat16", "float32 means: as it is");
  });
  assert.equal(product(), "float32");
});

test("an error and a promise end it too", () => {
  assert.throws(
    () =>
      autocast("bfloat16", () => {
        throw new Error("mine");
      }),
    /mine/,
  );
  assert.equal(product(), "float32");
  assert.throws(() => autocast("bfloat16", async () => {}), TorchError);
  assert.equal(product(), "float32");
});

test("a parameter changed between two autocasts is cast anew", () => {
  scope(() => {
    const w = torch.ones([2, 2]).requiresGrad_();
    const run = () =>
      autocast("bfloat16", () => torch.ones([1, 2]).matmul(w).toCopy({ dtype: "float32" }).toList());
    assert.deepEqual(run(), [[2, 2]]);
    w.assign(torch.ones([2, 2]).mul(3).requiresGrad_());
    assert.deepEqual(run(), [[6, 6]]);
  });
});
