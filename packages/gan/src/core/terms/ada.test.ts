import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, RandomGenerator, scope, setThreads } from "@gantry/torch";
import { checkMade, drawn, golden } from "../../testing/drawn.js";
import { images, points, stirred, unmoved } from "../../testing/filledGame.js";
import { assertClose, patternTensor } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { drawsOf } from "./parts/augment/draws.js";
import { reflectAlong } from "./parts/augment/edges.js";
import { augmented, multipliersOf, unfit } from "./parts/augment/pipe.js";
import { doubledAlong, halved } from "./parts/augment/resample.js";

setThreads(1);

const fixed = (probability: number, more: JsonObject = {}) => ({ target: "off", probability, ...more });
const create = (terms: JsonObject, net: JsonObject = {}, over = {}) =>
  TinyGame.create({ ...images, net: { ...images.net, ...net }, terms, ...over });
const plain = { discriminatorNorm: "none" };

for (const [name, expected] of Object.entries(golden.ada))
  test(`the pipe '${name}' and its gradient match ADA's code`, () => {
    scope(() => {
      const { p, multipliers, shape } = expected;
      // That code keeps its filters in float32.
      checkMade((batch) => augmented(batch, p, multipliers, drawn(name)), shape, expected, 1e-6);
    });
  });

test("there and back through twice the size, images are what they were: the wavelet is orthogonal", () => {
  scope(() => {
    const batch = patternTensor("image", [2, 3, 7, 9], 2);
    const wide = reflectAlong(reflectAlong(batch, 3, 3, 3), 2, 3, 3);
    const large = doubledAlong(doubledAlong(wide, 3), 2);
    assert.deepEqual(large.shape, [2, 3, 26, 30]);
    assertClose(halved(large).toNumbers(), batch.toNumbers(), 1e-9, "images");
  });
});

test("each transform happens to about as many images as its probability says", () => {
  scope(() => {
    const batch = patternTensor("image", [1, 3, 20, 20], 2).expand([400, 3, 20, 20]);
    for (const [pipe, share] of [
      ["cutout", 0.3],
      ["noise", 0.3],
    ] as const) {
      const draws = drawsOf(new RandomGenerator(3), batch);
      const changed = augmented(batch, share, multipliersOf(pipe, {}), draws)
        .sub(batch)
        .abs()
        .amax([1, 2, 3]);
      const part = changed.gt(0).to({ dtype: "float64" }).mean().item();
      assert.ok(Math.abs(part - share) < 0.08, `${pipe}: ${part}`);
    }
  });
});

for (const terms of [{ r1: {} }, { "gradient-penalty": {} }, {}])
  test(`with ${Object.keys(terms)[0] ?? "the game alone"}: gradients through the whole pipe match finite differences`, async () => {
    using tiny = await create({ "non-saturating": {}, ...terms, ada: fixed(0.8, { pipe: "bgcfnc" }) }, plain);
    // Cut-out squares are zeros, on which D's activations would have their kink.
    stirred(tiny);
    checkLossGradient(tiny, ["discriminator"], { perParameter: 1 });
    if (Object.keys(terms).length === 0) checkLossGradient(tiny, ["generator"], { perParameter: 1 });
    assert.deepEqual(
      unmoved(tiny).filter((name) => !name.endsWith("bias")),
      [],
    );
    const before = liveTensors().count;
    tiny.iterate(2);
    assert.equal(liveTensors().count, before);
  });

test("at p 0 everything is as without it, to the bit; later it is not", async () => {
  using base = await create({ hinge: {} });
  using still = await create({ hinge: {}, ada: { every: 1000 } });
  using never = await create({ hinge: {}, ada: fixed(0) });
  using moving = await create({ hinge: {}, ada: { every: 1, kimg: 0.01, target: -0.9 } });
  for (const tiny of [base, still, never, moving]) tiny.iterate(3);
  assert.deepEqual(still.weights(), base.weights());
  assert.deepEqual(never.weights(), base.weights());
  assert.notDeepEqual(moving.weights(), base.weights());
});

test("p follows D's scores of reals, and is reported", async () => {
  using tiny = await create({ hinge: {}, ada: { every: 1, kimg: 0.04, target: -0.99 } });
  const p = [1, 2, 3].map(() => tiny.step("discriminator").get("ada/p"));
  // Four reals a step, of 40: while D calls one of them real, a tenth more.
  assertClose(p as number[], [0, 0.1, 0.2], 1e-9, "p");
});

for (const [name, terms] of Object.entries<JsonObject>({
  infomax: { infomax: { criticUnits: 3 } },
  "adaptive weights": { "adaptive-weights": {} },
  "mode regularisation": { reconstruction: {}, "mode-regularizer": {} },
  packing: { packing: {} },
  rotation: { rotation: {} },
  "all of them": {
    infomax: { criticUnits: 3 },
    "adaptive-weights": {},
    reconstruction: {},
    "mode-regularizer": {},
    r1: {},
  },
}))
  test(`goes with ${name}, in either order`, async () => {
    const ada = fixed(0.7, { heads: false });
    for (const all of [
      { ada, ...terms },
      { ...terms, ada },
    ]) {
      using tiny = await create({ hinge: {}, ...all });
      tiny.iterate(2);
      assert.ok(tiny.weights().every(Number.isFinite));
    }
  });

test("images are augmented one by one, and then packed, in whatever order the terms come", async () => {
  for (const terms of [
    { ada: fixed(1, { pipe: "cutout" }), packing: {} },
    { packing: {}, ada: fixed(1, { pipe: "cutout" }) },
  ]) {
    using tiny = await create({ hinge: {}, ...terms });
    scope(() => {
      const { sample } = tiny.play([], { seed: 9 }).judge("discriminator", "real");
      assert.deepEqual(sample.image.shape, [2, 2, 28, 28]);
      const draws = drawsOf(new RandomGenerator(9), tiny.real.image);
      const expected = augmented(tiny.real.image, 1, multipliersOf("cutout", {}), draws);
      assert.deepEqual(sample.image.toNumbers(), expected.toNumbers());
    });
  }
});

test("heads look at clean images if told to", async () => {
  using tiny = await create({ hinge: {}, ada: fixed(1, { heads: false }) });
  scope(() => {
    const play = tiny.play(["discriminator"]);
    assert.deepEqual(
      play.lookAt("discriminator", "real").sample.image.toNumbers(),
      tiny.real.image.toNumbers(),
    );
    assert.notDeepEqual(
      play.judge("discriminator", "real").sample.image.toNumbers(),
      tiny.real.image.toNumbers(),
    );
  });
});

test("under bfloat16 the pipe itself works in float32", async () => {
  using tiny = await create({ hinge: {}, ada: fixed(1) }, {}, { dtype: "float32", precision: "bfloat16" });
  tiny.iterate(1);
  assert.ok(tiny.weights().every(Number.isFinite));
});

test("what makes no sense is refused, with what to do", async () => {
  const refused = (terms: JsonObject, message: RegExp, setting: object = images) =>
    assert.rejects(TinyGame.create({ ...images, ...setting, terms }), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  await refused({ hinge: {}, ada: {} }, /changes images, and this data is points/, points);
  await refused({ hinge: {}, ada: {}, rotation: {} }, /set terms.ada.heads=false/);
  await refused({ rotation: {}, hinge: {}, ada: {} }, /set terms.ada.heads=false/);
  await refused({ wasserstein: {}, "weight-clipping": {}, ada: {} }, /only compares scores/);
  await refused({ relativistic: {}, ada: {} }, /only compares scores/);
  await refused({ hinge: {}, aae: { hidden: [4] }, ada: {} }, /none here looks at it/);
  await refused({ hinge: {}, ada: { discriminator: "second" } }, /no 'second' that looks at it/);
  const two = { data: { kind: "images", shape: [2, 28, 28], classes: undefined } };
  await refused({ hinge: {}, ada: {} }, /2 channels, not 1 or 3; take pipe=bg/, two);
  assert.match(unfit(multipliersOf("bgcf", {}), [3, 16, 16]) ?? "", /of 22 pixels a side or more.*pipe=bgc/);
  // What turns nothing goes with rotation; a fixed probability goes with any loss.
  for (const terms of [
    { hinge: {}, rotation: {}, ada: { multipliers: { rotate90: 0, rotate: 0 } } },
    { relativistic: {}, ada: fixed(0.5) },
  ])
    (await create(terms)).dispose();
});
