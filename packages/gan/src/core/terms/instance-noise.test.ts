import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomGenerator, scope, torch } from "@gantry/torch";
import { images, points, unmoved } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";

const create = (
  noise: object,
  setting: Pick<Parameters<typeof TinyGame.create>[0], "net" | "data"> = points,
) => TinyGame.create({ ...setting, terms: { "non-saturating": {}, "instance-noise": { ...noise } } });

test("adds sigma times normal numbers of the play's own generator", async () => {
  using tiny = await create({ sigma: 0.3 });
  scope(() => {
    const play = tiny.play([], { seed: 9 });
    const { sample } = play.judge("discriminator", "real");
    const noise = torch.randn([4, 2], { generator: new RandomGenerator(9), dtype: "float64" });
    const expected = tiny.real.image.add(noise.mul(0.3)).toNumbers();
    assertClose(sample.image.toNumbers(), expected, 1e-15, "noisy");
  });
});

test("sigma follows its list, in iterations or epochs, or falls linearly", async () => {
  const sigma = [
    [10, 0.5],
    [20, 0.25],
    [30, 0],
  ];
  const at = async (noise: object, over: { iteration: number; epoch?: number }) => {
    using tiny = await create(noise);
    return scope(() => {
      const play = tiny.play([], { ...over, steps: 100 });
      play.judge("discriminator", "real");
      return play.scalars.get("instance-noise/sigma");
    });
  };
  const expected = [0, 0.5, 0.5, 0.25, 0];
  for (const [i, now] of [9, 10, 19, 29, 30].entries()) {
    assert.equal(await at({ sigma }, { iteration: now }), expected[i]);
    assert.equal(await at({ sigma, unit: "epochs" }, { iteration: 0, epoch: now }), expected[i]);
  }
  assert.equal(await at({ sigma: 0.4, decay: "linear" }, { iteration: 25 }), 0.4 * 0.75);
  await assert.rejects(create({ sigma, decay: "linear" }), UsageError);
});

test("with sigma 0 everything is as without it, to the bit; with more it is not", async () => {
  for (const setting of [points, images]) {
    using plain = await TinyGame.create({ ...setting, terms: { "non-saturating": {} } });
    using silent = await create({ sigma: [[0, 0]] }, setting);
    using noisy = await create({ sigma: 0.1 }, setting);
    for (const tiny of [plain, silent, noisy]) tiny.iterate(3);
    assert.deepEqual(silent.weights(), plain.weights());
    assert.notDeepEqual(noisy.weights(), plain.weights());
  }
});

test("heads look at clean images unless all are to be noisy; judgements are shared when they may be", async () => {
  for (const [noise, clean] of [
    [{ images: "adversarial" }, true],
    [{ images: "all" }, false],
  ] as const) {
    using tiny = await create(noise);
    scope(() => {
      const play = tiny.play(["discriminator"]);
      const judged = play.judge("discriminator", "real").features.global;
      const seen = play.look("discriminator", "real").global;
      assert.equal(seen === judged, !clean);
      assert.equal(play.look("discriminator", "real").global, seen);
      const network = play.discriminator();
      if (clean) assert.deepEqual(seen.toNumbers(), network.features(tiny.real).global.toNumbers());
    });
  }
});

test("gradients match finite differences, and every parameter moves", async () => {
  using tiny = await create({ sigma: 0.2 }, images);
  checkLossGradient(tiny, ["discriminator"], { perParameter: 1 });
  checkLossGradient(tiny, ["generator"], { perParameter: 1 });
  assert.deepEqual(unmoved(tiny), []);
});
