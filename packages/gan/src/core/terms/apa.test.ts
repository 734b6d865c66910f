import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { checkMade, drawn, golden } from "../../testing/drawn.js";
import { images, points, unmoved } from "../../testing/filledGame.js";
import { patternTensor } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { deceivedBy } from "./apa.js";

setThreads(1);

const fixed = (probability: number) => ({ target: "off", probability });
const create = (terms: JsonObject, over: object = {}) => TinyGame.create({ ...points, ...over, terms });

test("which reals are replaced matches the authors' code", () => {
  scope(() => {
    const pseudo = patternTensor("pseudo", [5, 3, 16, 12], 2);
    checkMade(
      (batch) => deceivedBy({ image: pseudo }, { image: batch }, golden.apa.p, drawn("apa")).image,
      [5, 3, 16, 12],
      golden.apa,
      1e-12,
    );
  });
});

test("labels go along with their images", () => {
  scope(() => {
    const of = (value: number) => ({
      image: torch.full([8, 1], value, { dtype: "float64" }),
      label: torch.full([8], value, { dtype: "int64" }),
    });
    const { image, label } = deceivedBy(of(7), of(1), 0.5, drawn("labels"));
    assert.deepEqual((label as Tensor).toNumbers(), image.flatten().toNumbers());
    assert.equal(new Set(image.toNumbers()).size, 2);
  });
});

test("in D's steps reals are replaced by the step's fakes, in G's they are not; no gradient reaches G", async () => {
  using tiny = await create({ "non-saturating": {}, apa: fixed(1) });
  scope(() => {
    const name = tiny.game.contests[0]?.real ?? "";
    const judging = tiny.play(["discriminator"]);
    assert.deepEqual(judging.stream(name).image.toNumbers(), judging.stream("fake").image.toNumbers());
    assert.equal(judging.stream(name).image.requiresGrad, false);
    const making = tiny.play(["generator"]);
    assert.deepEqual(making.stream(name).image.toNumbers(), tiny.real.image.toNumbers());
  });
  checkLossGradient(tiny, ["generator"]);
});

test("with samples shared by the steps G still learns", async () => {
  using tiny = await create({ "non-saturating": {}, apa: fixed(0.5) }, { schedule: { shareSamples: true } });
  assert.deepEqual(unmoved(tiny), []);
});

test("at p 0 everything is as without it, to the bit; nothing is left behind", async () => {
  using base = await create({ hinge: {} });
  using still = await create({ hinge: {}, apa: { every: 1000 } });
  using moving = await create({ hinge: {}, apa: fixed(0.9) });
  for (const tiny of [base, still, moving]) tiny.iterate(3);
  assert.deepEqual(still.weights(), base.weights());
  assert.notDeepEqual(moving.weights(), base.weights());
  const before = liveTensors().count;
  moving.iterate(2);
  assert.equal(liveTensors().count, before);
});

test("goes with InfoMax, rotation, adaptive weights, R1, packing, mode regularisation, ada and labels", async () => {
  const terms = {
    hinge: {},
    infomax: { criticUnits: 3 },
    rotation: {},
    "adaptive-weights": {},
    r1: {},
    reconstruction: {},
    "mode-regularizer": {},
    "diff-augment": {},
    apa: fixed(0.5),
  };
  using tiny = await create({ ...terms, packing: {} }, { ...images, batch: 8 });
  tiny.iterate(2);
  using labelled = await create(
    { hinge: {}, apa: fixed(0.5) },
    {
      net: { family: "resnet", channels: 2 },
      data: { kind: "images", shape: [3, 32, 32], classes: 3 },
      conditional: true,
      dtype: "float32",
    },
  );
  labelled.iterate(1);
  for (const each of [tiny, labelled]) assert.ok(each.weights().every(Number.isFinite));
});

test("what D does not judge singly is refused", async () => {
  for (const terms of [{ ali: {} }, { veegan: {} }, { aae: { hidden: [4] } }])
    await assert.rejects(create({ hinge: {}, ...terms, apa: {} }), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /apa passes fakes off as reals, and no discriminator here/);
      return true;
    });
  await assert.rejects(create({ hinge: {}, apa: { discriminator: "second" } }), /no discriminator 'second'/);
});
