import assert from "node:assert/strict";
import { test } from "node:test";
import * as runtime from "onnxruntime-web";
import { encodeOnnx, type OnnxModel, readOnnxSummary } from "./onnx.js";

const floats = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);

const model: OnnxModel = {
  opset: 18,
  producer: "gantry",
  description: "y = leaky(x + b), transposed",
  inputs: [{ name: "x", dtype: "float32", shape: ["batch", 2] }],
  outputs: [{ name: "y", dtype: "float32", shape: [2, "batch"] }],
  nodes: [
    { operator: "Add", name: "add", inputs: ["x", "b"], outputs: ["sum"], attributes: {} },
    {
      operator: "LeakyRelu",
      name: "leaky",
      inputs: ["sum"],
      outputs: ["active"],
      attributes: { alpha: { float: 0.5 } },
    },
    { operator: "Transpose", name: "turn", inputs: ["active"], outputs: ["y"], attributes: { perm: [1, 0] } },
  ],
  initializers: new Map([["b", { dtype: "float32", shape: [2], bytes: floats([1, -1]) }]]),
  metadata: { "gantry.range": "[-1,1]", "gantry.name": "Mädchen" },
};

test("ONNX Runtime reads what is written", async () => {
  runtime.env.wasm.numThreads = 1;
  const session = await runtime.InferenceSession.create(encodeOnnx(model), { executionProviders: ["wasm"] });
  assert.deepEqual([session.inputNames, session.outputNames], [["x"], ["y"]]);
  const x = new runtime.Tensor("float32", Float32Array.of(1, 2, -3, -4, 0, 0), [3, 2]);
  const { y } = await session.run({ x });
  assert.ok(y !== undefined);
  assert.deepEqual(y.dims, [2, 3]);
  assert.deepEqual([...(y.data as Float32Array)], [2, -1, 1, 1, -2.5, -0.5]);
});

test("what a file says of itself is read again", () => {
  const summary = readOnnxSummary(encodeOnnx(model));
  assert.deepEqual(summary, {
    opset: 18,
    metadata: model.metadata,
    operators: new Map([
      ["Add", 1],
      ["LeakyRelu", 1],
      ["Transpose", 1],
    ]),
    stored: new Map([["float32", 8]]),
  });
  assert.throws(() => readOnnxSummary(Uint8Array.of(1, 2, 3)), /this is no ONNX model/);
  assert.throws(() => readOnnxSummary(new Uint8Array(0)), /it has no graph/);
});
