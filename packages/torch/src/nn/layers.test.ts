import assert from "node:assert/strict";
import { test } from "node:test";
import { grad } from "../autograd.js";
import { manualSeed } from "../random.js";
import { scope } from "../scope.js";
import { setThreads } from "../system.js";
import { assertClose, fromValues, readGolden, type Values } from "../testing/modules.js";
import * as nn from "./index.js";

setThreads(1);

interface Pass {
  training: boolean;
  input: Values;
  output: Values;
  cotangent: Values;
  gradients: Record<string, Values>;
}
interface Golden {
  layers: Record<
    string,
    { seed: number; state: Record<string, Values>; passes: Pass[]; after: Record<string, Values> }
  >;
  initial: { seed: number; tensors: Record<string, Values> };
}

const golden = readGolden<Golden>("nn/layers.json");

const builders: Record<string, () => nn.Layer> = {
  linear: () => new nn.Linear(3, 2),
  "linear without bias": () => new nn.Linear(3, 2, { bias: false }),
  conv2d: () => new nn.Conv2d(2, 3, { kernelSize: 3, stride: 2, padding: 1 }),
  "conv2d oblong": () =>
    new nn.Conv2d(2, 2, { kernelSize: [1, 3], stride: [2, 1], padding: [0, 1], bias: false }),
  "conv transpose 2d": () => new nn.ConvTranspose2d(3, 2, { kernelSize: 4, stride: 2, padding: 1 }),
  "conv transpose 2d with output padding": () =>
    new nn.ConvTranspose2d(2, 2, { kernelSize: 3, stride: 2, padding: 1, outputPadding: 1 }),
  embedding: () => new nn.Embedding(4, 3),
  "batch norm 1d": () => new nn.BatchNorm1d(3),
  "batch norm 1d of sequences": () => new nn.BatchNorm1d(2, { eps: 1e-3, momentum: 0.3 }),
  "batch norm 2d": () => new nn.BatchNorm2d(3),
  "batch norm 2d without affine": () => new nn.BatchNorm2d(2, { affine: false }),
  "layer norm": () => new nn.LayerNorm([2, 3]),
  "layer norm without affine": () => new nn.LayerNorm(3, { eps: 1e-3, affine: false }),
  relu: () => new nn.ReLU(),
  "leaky relu": () => new nn.LeakyReLU(0.2),
  elu: () => new nn.ELU(0.7),
  gelu: () => new nn.GELU(),
  silu: () => new nn.SiLU(),
  softplus: () => new nn.Softplus(2, 3),
  tanh: () => new nn.Tanh(),
  sigmoid: () => new nn.Sigmoid(),
  "upsample nearest": () => new nn.Upsample(),
  "upsample bilinear": () => new nn.Upsample({ mode: "bilinear" }),
  "average pool": () => new nn.AvgPool2d(2),
  "average pool padded": () => new nn.AvgPool2d(3, { stride: 2, padding: 1 }),
  "max pool": () => new nn.MaxPool2d(2),
  "max pool padded": () => new nn.MaxPool2d(3, { stride: 1, padding: 1 }),
  flatten: () => new nn.Flatten(),
  reshape: () => new nn.Reshape(2, 3),
  identity: () => new nn.Identity(),
  dropout: () => new nn.Dropout(0.4),
  "spectral norm of linear": () => new nn.Linear(4, 3, { spectralNorm: true }),
  "spectral norm of conv2d": () => new nn.Conv2d(2, 3, { kernelSize: 3, padding: 1, spectralNorm: true }),
  "spectral norm of conv transpose 2d": () =>
    new nn.ConvTranspose2d(2, 3, { kernelSize: 4, stride: 2, padding: 1, spectralNorm: true }),
  "spectral norm of embedding": () => new nn.Embedding(4, 3, { spectralNorm: true }),
  sequential: () =>
    new nn.Sequential(
      new nn.Conv2d(2, 3, { kernelSize: 3, padding: 1 }),
      new nn.BatchNorm2d(3),
      new nn.ReLU(),
      new nn.Sequential(new nn.ConvTranspose2d(3, 2, { kernelSize: 2, stride: 2 }), new nn.Tanh()),
    ),
};

test("every golden layer is built here", () => {
  assert.deepEqual(Object.keys(builders).sort(), Object.keys(golden.layers).sort());
});

for (const memoryFormat of ["contiguous", "channelsLast"] as const) {
  for (const [name, { seed, state, passes, after }] of Object.entries(golden.layers)) {
    test(`${name} starts, computes and learns as in PyTorch (${memoryFormat})`, () =>
      scope(() => {
        manualSeed(seed);
        using layer = (builders[name] as () => nn.Layer)();
        const own = layer.stateDict();
        assert.deepEqual([...own.keys()].sort(), Object.keys(state).sort());
        for (const [key, values] of Object.entries(state)) {
          const tensor = own.get(key);
          assert.deepEqual(tensor?.shape, values.shape, key);
          // The same generator, drawn from in the same order, gives the same numbers. Norms of vectors may round
          // differently from one LibTorch to another.
          assertClose(
            tensor.toNumbers(),
            values.data,
            key.endsWith("_u") || key.endsWith("_v") ? 1e-6 : 0,
            key,
          );
        }
        layer.to({ dtype: "float64", memoryFormat });
        layer.loadStateDict(new Map(Object.entries(state).map(([key, values]) => [key, fromValues(values)])));
        const parameters = layer.namedParameters();
        for (const [number, pass] of passes.entries()) {
          layer.train(pass.training);
          const whole = pass.input.dtype === "int64";
          const given = fromValues(pass.input, whole ? "int64" : "float64");
          const input =
            memoryFormat === "channelsLast" && given.dim === 4 ? given.contiguous({ memoryFormat }) : given;
          if (!whole) input.requiresGrad_();
          manualSeed(2000 + seed);
          const output = layer.forward(input);
          assert.deepEqual(output.shape, pass.output.shape);
          assertClose(output, pass.output.data, 1e-12, `output ${number}`);
          const by = new Map<string, nn.Parameter | typeof input>(parameters);
          if (!whole) by.set("input", input);
          assert.deepEqual([...by.keys()].sort(), Object.keys(pass.gradients).sort());
          const loss = output.mul(fromValues(pass.cotangent, "float64")).sum();
          const gradients = grad(loss, [...by.values()]);
          for (const [i, key] of [...by.keys()].entries())
            assertClose(
              gradients[i]?.toNumbers() ?? [],
              pass.gradients[key]?.data ?? [],
              1e-12,
              `gradient of ${key}`,
            );
        }
        for (const [key, tensor] of layer.stateDict())
          assertClose(tensor, after[key]?.data ?? [], 1e-12, `${key} afterwards`);
      }));
  }
}

test("initialisations draw PyTorch's numbers", () =>
  scope(() => {
    const { init } = nn;
    const filled: Record<string, (t: nn.Parameter) => unknown> = {
      "xavier uniform": (t) => init.xavierUniform_(t, 1.5),
      "xavier normal": (t) => init.xavierNormal_(t, 0.5),
      "kaiming uniform": (t) => init.kaimingUniform_(t, 0.2),
      "kaiming uniform fan out": (t) => init.kaimingUniform_(t, 0, { mode: "fanOut" }),
      "orthogonal wide": (t) => init.orthogonal_(t, 1.4),
      "orthogonal tall": (t) => init.orthogonal_(t),
      normal: (t) => init.normal_(t, 1, 0.02),
      uniform: (t) => init.uniform_(t, -2, 3),
    };
    manualSeed(golden.initial.seed);
    for (const [name, values] of Object.entries(golden.initial.tensors)) {
      const tensor = nn.parameter(fromValues({ ...values, data: values.data.map(() => 0) }));
      filled[name]?.(tensor);
      assertClose(tensor, values.data, name.startsWith("orthogonal") ? 1e-6 : 0, name);
      tensor.dispose();
    }
  }));

test("a layer says what input it cannot take", () =>
  scope(() => {
    const image = fromValues({ shape: [1, 1, 1, 1], data: [0], dtype: "float32" });
    assert.throws(() => new nn.BatchNorm1d(1).forward(image), /BatchNorm1d\(.*\): expects \[N, C\]/);
    assert.throws(() => new nn.BatchNorm2d(1).forward(image.flatten(1)), /expects \[N, C, H, W\]/);
    assert.throws(() => new nn.BatchNorm2d(1).forward(image), /more than one value a channel in training/);
    assert.throws(() => new nn.Linear(3, 2).forward(image), /gantry::linear/);
  }));
