import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ArrayValue, FormatError, type NamedArrays, writeSafetensors } from "@gantry/formats";
import { liveTensors, scope, setThreads, torch } from "@gantry/torch";
import { UsageError } from "../../../core/base/errors.js";
import { dataContext } from "../../../core/data/context.js";
import { noise } from "../../../testing/datasets.js";
import { readGolden } from "../../../testing/golden.js";
import { INCEPTION_FEATURES, Inception, type InceptionFeature, inceptionShapes } from "./inception.js";
import { featureNetworks } from "./network.js";
import { openInception } from "./networks/inception-2015.js";
import { tensorflowResize } from "./tensorflowResize.js";

setThreads(1);

interface Golden {
  names: string[];
  features: Record<InceptionFeature, { some: number[]; sum: number; squares: number }>;
  resized: { up: number[]; down: number[] };
}
const golden = readGolden<Golden>("metrics/inception.json");

function bytes(count: number, seed: number): Uint8Array {
  return Uint8Array.from(noise(count, seed), (value) => Math.floor((value + 0.5) * 256));
}

/** Offset and spread of each kind of tensor, as make_inception.py has them. */
function weights(): NamedArrays {
  const shapes = inceptionShapes();
  const state: NamedArrays = new Map();
  for (const [place, name] of golden.names.entries()) {
    const shape = shapes.get(name)!;
    const [outputs = 1, ...rest] = shape;
    const inputs = rest.reduce((product, size) => product * size, 1);
    let [offset, spread] = [0, 0.4];
    if (name === "fc.weight") spread = 2 / Math.sqrt(2048);
    else if (name === "fc.bias") spread = 1;
    else if (name.endsWith("conv.weight")) spread = 2 * Math.sqrt(6 / inputs);
    else if (name.endsWith("bn.weight")) offset = 1;
    else if (name.endsWith("bn.bias")) offset = 0.1;
    else if (name.endsWith("running_var")) [offset, spread] = [1, 1];
    const values = noise(outputs * inputs, place);
    // Plain loops: there are 24 million numbers.
    const floats = new Float32Array(values.length);
    for (let i = 0; i < floats.length; i++) floats[i] = offset + spread * values[i]!;
    const data = new Uint8Array(floats.buffer);
    state.set(name, { dtype: "float32", shape, data });
  }
  return state;
}

let inception: Inception;
let state: NamedArrays;
let folder: string;
before(async () => {
  state = weights();
  inception = new Inception(state);
  folder = await mkdtemp(join(tmpdir(), "gantry-inception-"));
});
after(async () => {
  inception.dispose();
  await rm(folder, { recursive: true, force: true });
});

test("the file's tensors are the 472 that the converter writes", () => {
  assert.equal(golden.names.length, 472);
  assert.deepEqual([...inceptionShapes().keys()].sort(), [...golden.names].sort());
});

test("every named feature is PyTorch's, on two images that are not square", () => {
  const before = liveTensors().count;
  scope(() => {
    const images = torch.fromTypedArray(bytes(2 * 3 * 20 * 27, 1000), [2, 3, 20, 27]);
    const names = Object.keys(INCEPTION_FEATURES) as InceptionFeature[];
    const found = inception.features(images, names);
    for (const name of names) {
      const values = found[name].toNumbers();
      const length = INCEPTION_FEATURES[name];
      assert.deepEqual(found[name].shape, [2, length]);
      const wished = golden.features[name];
      const some = values.filter((_, i) => (i % length) % 13 === 0);
      assert.equal(some.length, wished.some.length);
      for (const [i, value] of some.entries())
        assert.ok(Math.abs(value - wished.some[i]!) <= 1e-4 * Math.max(1, Math.abs(value)), `${name}[${i}]`);
      const sum = values.reduce((total, value) => total + value, 0);
      const squares = values.reduce((total, value) => total + value * value, 0);
      assert.ok(Math.abs(sum - wished.sum) <= 1e-5 * Math.sqrt(wished.squares * values.length), name);
      assert.ok(Math.abs(squares - wished.squares) <= 1e-5 * wished.squares, name);
    }
  });
  assert.equal(liveTensors().count, before);
});

test("the resize is TensorFlow 1's: out i at in i * in / out, the last pixel held", () => {
  scope(() => {
    const small = torch.fromTypedArray(bytes(15, 1001), [1, 1, 3, 5]).to({ dtype: "float32" });
    for (const [size, wished] of [
      [7, golden.resized.up],
      [2, golden.resized.down],
    ] as const) {
      const got = tensorflowResize(small, size, size).toNumbers();
      for (const [i, value] of got.entries()) assert.ok(Math.abs(value - wished[i]!) <= 1e-5);
    }
    const pixel = (y: number, x: number): number => small.toNumbers()[y * 5 + x]!;
    const at = (i: number, from: number, to: number) => {
      const place = (i * from) / to;
      const low = Math.floor(place);
      return { low, high: Math.min(low + 1, from - 1), share: place - low };
    };
    const got = tensorflowResize(small, 11, 13).toNumbers();
    for (let i = 0; i < 11; i++) {
      for (let j = 0; j < 13; j++) {
        const [y, x] = [at(i, 3, 11), at(j, 5, 13)];
        const row = (v: number) => pixel(v, x.low) * (1 - x.share) + pixel(v, x.high) * x.share;
        const wished = row(y.low) * (1 - y.share) + row(y.high) * y.share;
        assert.ok(Math.abs(got[i * 13 + j]! - wished) < 1e-3, `${i},${j}`);
      }
    }
    // Its own size is left alone.
    assert.deepEqual(tensorflowResize(small, 3, 5).toNumbers(), small.toNumbers());
  });
});

test("other weights are refused by name; counts of batches are not", () => {
  const without = new Map(state);
  without.delete("fc.bias");
  assert.throws(() => new Inception(without), /fc\.bias is missing/);
  const wrong = new Map(state).set("fc.bias", {
    dtype: "float32",
    shape: [1000],
    data: new Uint8Array(4000),
  });
  assert.throws(() => new Inception(wrong), /fc\.bias is \[1000\], not \[1008\]/);
  const count: ArrayValue = { dtype: "int64", shape: [], data: new Uint8Array(8) };
  assert.throws(() => new Inception(new Map(state).set("more", count)), /more is unknown/);
  new Inception(new Map(state).set("Conv2d_1a_3x3.bn.num_batches_tracked", count)).dispose();
});

test("the network opens a file: notices other weights, refuses a damaged download, says where it looked", async () => {
  const notices: string[] = [];
  const context = dataContext({
    home: folder,
    cwd: folder,
    onNotice: (message) => notices.push(message),
  });
  const path = join(folder, "mine.safetensors");
  await writeSafetensors(path, state);
  const network = await openInception(path, context);
  assert.equal(notices.length, 1);
  scope(() => {
    const images = torch.fromTypedArray(bytes(2 * 3 * 20 * 27, 1000), [2, 3, 20, 27]);
    const { features, logits } = network.forward(images);
    assert.deepEqual(features.shape, [2, 2048]);
    assert.deepEqual(logits.shape, [2, 1008]);
    // The Inception Score's logits have no bias.
    assert.ok(Math.abs(logits.sum().item() - golden.features.logits_unbiased.sum) < 0.1);
  });
  // Another way to its size gives other features, and is stated.
  const clean = await openInception(path, context, "clean-fid");
  assert.deepEqual([network.resize, clean.resize], ["tf1-bilinear 299", "clean-fid bicubic 299"]);
  scope(() => {
    const images = torch.fromTypedArray(bytes(3 * 20 * 27, 1000), [1, 3, 20, 27]);
    const [a, b] = [network, clean].map(({ forward }) => forward(images).features.toNumbers());
    assert.notDeepEqual(a, b);
  });
  await assert.rejects(
    openInception(path, context, "lanczos3"),
    /--resize lanczos3 is for classifiers; .*clean-fid/,
  );
  network.dispose();
  clean.dispose();
  const damaged = join(folder, "pt_inception-2015-12-05-6726825d.pth");
  await writeFile(damaged, "nonsense");
  await assert.rejects(openInception(damaged, context), FormatError);
  const definition = await featureNetworks.get("inception-2015");
  const elsewhere = dataContext({ home: join(folder, "none"), cwd: join(folder, "none") });
  const torchHome = process.env.TORCH_HOME;
  process.env.TORCH_HOME = join(folder, "none");
  try {
    assert.equal(await definition.isPresent(elsewhere), false);
    await assert.rejects(definition.open(elsewhere), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /gantry data fetch inception/);
      return true;
    });
  } finally {
    if (torchHome === undefined) delete process.env.TORCH_HOME;
    else process.env.TORCH_HOME = torchHome;
  }
});
