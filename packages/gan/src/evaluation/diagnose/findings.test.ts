import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resolveConfig } from "../../core/config/config.js";
import { MemoryDataset, Random } from "../../core/data/index.js";
import type { Curve } from "../../core/run/curves.js";
import { replay, Watch } from "./diagnose.js";
import { findings } from "./finding.js";
import type { History } from "./history.js";

const STEPS = 3000;
const EVERY = 150;
const COUNT = STEPS / EVERY;
const config = await resolveConfig({ recipe: "dcgan", settings: [{ steps: STEPS }] });

/** Signals as a training that goes well has them; `at` from 0 to 1. */
const well: Readonly<Record<string, (at: number) => number>> = {
  "spread/pixels": (at) => Math.min(0.9, 0.05 + 2 * at),
  "nearest/pixels": (at) => Math.min(1, 0.05 + 2 * at),
  energy: (at) => 0.9 * Math.exp(-6 * at) + 0.02,
  "own-nearest": () => 0.8,
  moved: () => 0.3,
  separation: () => 0.85,
  copies: () => 0.02,
  "copies/reals": () => 0.02,
  "weights/generator": (at) => 0.02 + 0.02 * at,
  "weights/discriminator": (at) => 0.05 + 0.03 * at,
  "gradient/generator": () => 1e-3,
  "gradient/discriminator": () => 1e-2,
  "dead/generator": () => 0,
  "dead/discriminator": () => 0,
};

/** A history in which some signals, or D's loss, go otherwise. */
function historyWith(
  other: Readonly<Record<string, (at: number) => number>> = {},
  loss: (at: number) => number = () => 0.9,
): History {
  const moments = Array.from({ length: COUNT }, (_, i) => (i + 1) * EVERY);
  const all = { ...well, ...other };
  const curve: Curve = { iterations: moments, values: moments.map((moment) => loss(moment / STEPS)) };
  return {
    config,
    data: { kind: "images", shape: [1, 28, 28], classes: 10, count: 60_000 },
    readings: moments.map((iteration) => ({
      iteration,
      signals: Object.fromEntries(
        Object.entries(all).map(([name, value]) => [name, value(iteration / STEPS)]),
      ),
    })),
    curves: new Map([["discriminator/non-saturating", curve]]),
    iteration: STEPS,
  };
}

const told = async (history: History) =>
  replay(history, await Watch.open()).map(({ finding, evidence, until }) => ({
    name: finding.name,
    began: evidence.began,
    until,
  }));

/** From the middle of the training on. */
const from = (before: number, after: number) => (at: number) => (at < 0.5 ? before : after);

describe("findings of a training", () => {
  test("nothing is found of one that goes well", async () => {
    assert.deepEqual(await told(historyWith()), []);
  });

  const cases: [string, History][] = [
    ["mode-collapse", historyWith({ "nearest/pixels": from(0.9, 0.01) })],
    ["mode-collapse", historyWith({ "spread/pixels": from(0.9, 0.1) })],
    ["missing-modes", historyWith({ modes: from(1, 0.5) })],
    ["discriminator-wins", historyWith({}, from(0.9, 0))],
    ["discriminator-blind", historyWith({ separation: () => 0.5, energy: () => 0.28 })],
    ["frozen-player", historyWith({ "weights/discriminator": (at) => 0.05 + 0.1 * Math.min(at, 0.5) })],
    ["exploding-weights", historyWith({ "weights/generator": (at) => at + from(0.02, 9)(at) })],
    ["vanishing-gradients", historyWith({ "gradient/generator": from(1e-3, 1e-12) })],
    ["dead-layers", historyWith({ "dead/generator": from(0, 0.25) })],
    ["no-progress", historyWith({ energy: () => 0.8 })],
    ["oscillation", historyWith({ moved: from(0.3, 1.2) })],
    ["memorising", historyWith({ copies: from(0, 0.9) })],
    ["past-best", historyWith({ energy: (at) => (at < 0.5 ? 0.05 : 0.05 + 0.4 * (at - 0.5)) })],
  ];
  for (const [name, history] of cases)
    test(`${name} is found, and nothing else`, async () => {
      const found = await told(history);
      assert.deepEqual(
        found.map((each) => each.name),
        [name],
      );
      const { began = 0, until } = found[0] ?? {};
      assert.ok(began > 0 && began <= STEPS, String(began));
      assert.equal(until, undefined);
    });

  test("what passes is said to have passed, and is told once", async () => {
    const wave = (at: number) => (at > 0.3 && at < 0.5) || (at > 0.6 && at < 0.8);
    const history = historyWith({ "nearest/pixels": (at) => (wave(at) ? 0.01 : 0.9) });
    const [found, ...others] = await told(history);
    assert.deepEqual(others, []);
    assert.deepEqual(found, { name: "mode-collapse", began: 1050, until: 2400 });
  });

  test("a run without readings is judged by its losses", async () => {
    const { readings: _, ...rest } = historyWith({}, from(0.9, 1e-4));
    assert.deepEqual(await told({ ...rest, readings: [] }), [
      { name: "discriminator-wins", began: 1500, until: undefined },
    ]);
  });

  test("a critic's loss has no point at which it has won", async () => {
    const history = historyWith({}, () => 0);
    const critic = await resolveConfig({ recipe: "wgan", settings: [{ steps: STEPS }] });
    assert.deepEqual(await told({ ...history, config: critic }), []);
  });
});

const SHAPE = [1, 8, 8];

/** Images of two classes, one bright on the left, one on the right, with noise. */
function imagesOf(
  count: number,
  change: (byte: number, image: number) => number = (byte) => byte,
  labelOf: (image: number) => number = (image) => image % 2,
): MemoryDataset {
  const random = new Random(11);
  const data = new Uint8Array(new SharedArrayBuffer(count * 64));
  for (let image = 0; image < count; image++)
    for (let at = 0; at < 64; at++) {
      const isBright = at % 8 < 4 === (image % 2 === 0);
      data[image * 64 + at] = change((isBright ? 150 : 0) + random.integer(100), image);
    }
  return new MemoryDataset({
    name: "made",
    kind: "images",
    shape: SHAPE,
    items: { data, record: 64, parts: 1, table: undefined },
    classes: ["left", "right"],
    labels: Int32Array.from({ length: count }, (_, image) => labelOf(image)),
  });
}

/** The first half of the images, again and again. */
function repeated(count: number, kinds: number): MemoryDataset {
  const data = new Uint8Array(new SharedArrayBuffer(count * 64));
  const random = new Random(12);
  for (let at = 0; at < data.length; at++)
    data[at] = at < kinds * 64 ? random.integer(256) : data[at % (kinds * 64)]!;
  return new MemoryDataset({
    name: "made",
    kind: "images",
    shape: SHAPE,
    items: { data, record: 64, parts: 1, table: undefined },
  });
}

describe("findings of data", async () => {
  const conditional = { ...config, conditional: true };
  const examined = async (dataset: MemoryDataset, of = config, weights = 1000) =>
    (await Watch.open()).examine(dataset, of, weights).map(({ finding }) => finding.name);
  const random = new Random(5);

  test("nothing is found of good data", async () => {
    assert.deepEqual(await examined(imagesOf(1000), conditional), []);
  });
  test("labels that were shuffled are broken, where the networks take labels", async () => {
    const shuffled = imagesOf(1000, undefined, () => random.integer(2));
    assert.deepEqual(await examined(shuffled, conditional), ["broken-labels"]);
    assert.deepEqual(await examined(shuffled), []);
  });
  test("one class of two", async () => {
    assert.deepEqual(await examined(imagesOf(1000, undefined, () => 1)), ["one-class"]);
  });
  test("copies", async () => {
    assert.deepEqual(await examined(repeated(1000, 100)), ["duplicated-data"]);
  });
  test("plain surfaces", async () => {
    assert.deepEqual(await examined(imagesOf(1000, (byte, image) => (image % 3 === 0 ? 255 : byte))), [
      "duplicated-data",
      "one-colour",
    ]);
  });
  test("bytes from 0 to 1, and of a few bits", async () => {
    assert.deepEqual(await examined(imagesOf(1000, (byte) => byte >> 2)), ["value-range"]);
    assert.ok((await examined(imagesOf(1000, (byte) => byte >> 7))).includes("value-range"));
  });
  test("few images for the network", async () => {
    assert.deepEqual(await examined(imagesOf(1000), config, 100_000), ["few-images"]);
    assert.deepEqual(await examined(imagesOf(60)), ["few-images"]);
    const helped = await resolveConfig({ recipe: "dcgan", with: [{ name: "diff-augment", options: {} }] });
    assert.deepEqual(await examined(imagesOf(60), helped), []);
  });
});

test("every finding says what causes it, and looks at a training or at data", async () => {
  for (const [name, finding] of await findings.all()) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok((finding.find === undefined) !== (finding.examine === undefined), name);
    assert.ok(finding.cause.endsWith("."), name);
  }
});
