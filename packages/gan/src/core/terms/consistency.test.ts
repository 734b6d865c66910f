import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, scope, setThreads, type Tensor } from "@gantry/torch";
import { checkMade, drawn, golden } from "../../testing/drawn.js";
import { images, points, unmoved } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import type { JsonObject } from "../base/json.js";
import { flippedAndShifted } from "./consistency.js";

setThreads(1);

const net = { ...images.net, discriminatorNorm: "none" };
const create = (consistency: JsonObject, over: object = {}, terms: JsonObject = {}) =>
  TinyGame.create({ ...images, net, ...over, terms: { "non-saturating": {}, ...terms, consistency } });
const parts = (tiny: TinyGame, player: string) => {
  const found = tiny.game.terms.get("consistency")?.loss?.(player, tiny.play([player]));
  return found === undefined
    ? []
    : (Array.isArray(found) ? found : [found]).map((each: Tensor) => each.item());
};

test("images are flipped and moved as StudioGAN does it", () => {
  scope(() => {
    const { shape } = golden.consistency;
    checkMade((batch) => flippedAndShifted(batch, drawn("flip-shift")), shape, golden.consistency, 1e-12);
  });
});

test("each form is what it says: which parts there are, and their weights", async () => {
  const counts = { cr: [1, 0], bcr: [2, 0], zcr: [1, 1], icr: [3, 1] };
  for (const [form, [judge, maker]] of Object.entries(counts)) {
    using tiny = await create({ form });
    scope(() => {
      assert.equal(parts(tiny, "discriminator").length, judge, form);
      assert.equal(parts(tiny, "generator").length, maker, form);
    });
    using heavier = await create({ form, real: 20, fake: 20, latent: 40, spread: 1 });
    scope(() => {
      for (const player of ["discriminator", "generator"])
        assertClose(
          parts(heavier, player),
          parts(tiny, player).map((each) => 2 * each),
          1e-12,
          `${form} of the ${player}`,
        );
    });
  }
});

test("zcr: means of squares, of D's words about neighbours and of their pixels", async () => {
  using tiny = await create({ form: "zcr", latent: 1, spread: 1, radius: 0.1 }, points);
  scope(() => {
    const play = tiny.play(["generator"]);
    const { image, latent } = play.stream("fake");
    const beside = play.stream("consistency neighbours");
    const mean = (a: number[], b: number[]) =>
      a.reduce((sum, x, i) => sum + (x - (b[i] as number)) ** 2, 0) / a.length;
    const expected = mean(image.toNumbers(), beside.image.toNumbers());
    assertClose(parts(tiny, "generator"), [-expected], 1e-12, "G");
    const { logits } = play.judge("discriminator", "fake");
    const other = play.judge("discriminator", "consistency neighbours").logits;
    assertClose(parts(tiny, "discriminator"), [mean(logits.toNumbers(), other.toNumbers())], 1e-12, "D");
    // Normal numbers of deviation 0.1.
    const steps = (beside.latent as Tensor).sub(latent as Tensor).toNumbers();
    assert.ok(steps.every((step) => step !== 0 && Math.abs(step) < 0.5));
  });
});

test("codes at the end of a latent stay", async () => {
  using tiny = await create({ form: "zcr" }, points, {
    "mutual-information": { categorical: [3], continuous: 1 },
  });
  scope(() => {
    const play = tiny.play([]);
    const steps = (play.stream("consistency neighbours").latent as Tensor).sub(
      play.stream("fake").latent as Tensor,
    );
    const size = steps.size(1);
    assert.ok(
      steps
        .narrow(1, 0, size - 4)
        .toNumbers()
        .every((step) => step !== 0),
    );
    assert.ok(
      steps
        .narrow(1, size - 4, 4)
        .toNumbers()
        .every((step) => step === 0),
    );
  });
});

test("gradients match finite differences; nothing is left behind", async () => {
  for (const [consistency, over] of [
    [{ form: "icr" }, {}],
    [{ form: "zcr" }, points],
  ] as const) {
    using tiny = await create(consistency, over);
    checkLossGradient(tiny, ["discriminator"], { perParameter: 1 });
    checkLossGradient(tiny, ["generator"], { perParameter: 1 });
    assert.deepEqual(unmoved(tiny), []);
    const before = liveTensors().count;
    tiny.iterate(2);
    assert.equal(liveTensors().count, before);
  }
});

test("goes with the other remedies and augmentations", async () => {
  const terms = {
    infomax: { criticUnits: 3 },
    rotation: {},
    "adaptive-weights": {},
    reconstruction: {},
    "mode-regularizer": {},
    packing: {},
    "diff-augment": {},
    lecam: { start: 0 },
    apa: { target: "off", probability: 0.3 },
  };
  using tiny = await create({ form: "icr" }, { batch: 8 }, terms);
  tiny.iterate(2);
  assert.ok(tiny.weights().every(Number.isFinite));
});

test("points have nothing to flip, only latents; AAE's D judges no data", async () => {
  await assert.rejects(create({}, points), /consistency \(form=cr\) changes images, and this data is points/);
  (await create({ form: "zcr" }, points)).dispose();
  await assert.rejects(create({ form: "zcr" }, points, { aae: { hidden: [4] } }), /judges something else/);
});
