import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads } from "@gantry/torch";
import { images, points } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";

setThreads(1);

const labelled = { ...images, data: { ...images.data, classes: 3 }, conditional: true };

test("without labels it is the ratio of the distances of the batch's halves, turned over", async () => {
  using tiny = await TinyGame.create({
    ...points,
    terms: { "non-saturating": {}, "mode-seeking": { weight: 2, epsilon: 0.01 } },
  });
  const expected = scope(() => {
    const { image, latent } = tiny.play([]).stream("fake");
    const halves = (values: number[]) => [
      values.slice(0, values.length / 2),
      values.slice(values.length / 2),
    ];
    const apart = (values: number[]) => {
      const [a = [], b = []] = halves(values);
      return a.reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0) / a.length;
    };
    return 2 / (apart(image.toNumbers()) / apart(latent!.toNumbers()) + 0.01);
  });
  const losses = tiny.step("generator");
  assertClose([losses.get("generator/mode-seeking")!], [expected], 1e-12, "loss");
  assert.equal(tiny.step("discriminator").has("discriminator/mode-seeking"), false);
});

test("with labels each image is compared with another of its label", async () => {
  using tiny = await TinyGame.create({
    ...labelled,
    terms: { "non-saturating": {}, "mode-seeking": {} },
  });
  const generator = tiny.game.network<import("../nets/contract.js").Generator>("generator");
  const seen: number[][] = [];
  const forward = generator.forward.bind(generator);
  generator.forward = (latent, label) => {
    seen.push(label!.toNumbers());
    return forward(latent, label);
  };
  scope(() => void tiny.game.losses(["generator"], tiny.play(["generator"])));
  assert.equal(seen.length, 2);
  assert.deepEqual(seen[0], seen[1]);
});

test("gradients match finite differences", async () => {
  using plain = await TinyGame.create({
    ...points,
    terms: { "non-saturating": {}, "mode-seeking": {} },
  });
  checkLossGradient(plain, ["generator"], { perParameter: 4 });
  using conditional = await TinyGame.create({
    ...labelled,
    terms: { "non-saturating": {}, "mode-seeking": {} },
  });
  checkLossGradient(conditional, ["generator"], { step: 1e-7, tolerance: 1e-5 });
});

test("one image is nothing to compare, and is refused", async () => {
  await assert.rejects(
    TinyGame.create({ ...points, batch: 1, terms: { hinge: {}, "mode-seeking": {} } }),
    (error) => error instanceof UsageError && /set batch=2 or more/.test(error.message),
  );
});
