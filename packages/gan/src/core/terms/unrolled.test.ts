import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, noGrad, scope, setThreads, type Tensor } from "@gantry/torch";
import { readGolden } from "../../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";

setThreads(1);

const golden = readGolden<{
  unrolled: Record<string, { loss: number; gradients: Record<string, [number, number]> }>;
}>("terms/losses.json").unrolled;

const points = (hidden: number): Pick<TinyOptions, "net" | "data"> => ({
  net: {
    family: "mlp",
    prior: { size: 2 },
    generatorHidden: [hidden],
    generatorActivation: "tanh",
    generatorBatchNorm: false,
    discriminatorHidden: [hidden],
    discriminatorActivation: "tanh",
    initialization: "default",
  },
  data: { kind: "points", shape: [2], classes: undefined },
});
const images = (discriminatorNorm: string): Pick<TinyOptions, "net" | "data"> => ({
  net: { family: "dcgan", channels: 2, discriminatorNorm, prior: { size: 3 } },
  data: { kind: "images", shape: [1, 28, 28], classes: undefined },
});
const adam = (learningRate: number, epsilon = 1e-8) => ({
  optimizers: { default: { kind: "adam", learningRate, betas: [0.5, 0.9], epsilon } },
});

for (const steps of [0, 1, 3])
  test(`${steps} steps: G's loss and gradient match Adam unrolled by hand`, async () => {
    using tiny = await TinyGame.create({
      ...points(3),
      ...adam(0.05, 1e-2),
      terms: { minimax: {}, unrolled: { steps } },
      latents: () => patternTensor("latent", [4, 2], 2),
    });
    scope(() => {
      noGrad(() => tiny.real.image.copy_(patternTensor("image", [4, 2], 2)));
      fillNetwork(tiny.game.network("discriminator"));
      const generator = fillNetwork(tiny.game.network("generator"));
      const expected = golden[steps];
      assert.ok(expected);
      assertClose([tiny.lossOf(["generator"])], [expected.loss], 1e-12, "loss");
      const gradients = tiny.gradientsOf(["generator"]);
      for (const [i, [name]] of generator.namedParameters().entries())
        assertClose(
          summary(name, gradients[i] as Tensor),
          expected.gradients[name] as [number, number],
          1e-11,
          name,
        );
    });
  });

test("second-order gradients match finite differences after training steps", async () => {
  for (const optimizers of [
    adam(0.02),
    { optimizers: { default: { kind: "sgd", learningRate: 0.5, momentum: 0.9 } } },
    { optimizers: { default: { kind: "rmsprop", learningRate: 0.02 } } },
  ]) {
    using tiny = await TinyGame.create({
      ...points(4),
      ...optimizers,
      terms: { "non-saturating": {}, unrolled: { steps: 3 } },
    });
    tiny.iterate(4);
    checkLossGradient(tiny, ["generator"], { perParameter: 3 });
  }
});

for (const norm of ["batch", "spectral"])
  test(`gradients through ${norm} norm match finite differences`, async () => {
    using tiny = await TinyGame.create({
      ...images(norm),
      // A smooth loss, a large epsilon: Adam's first steps are nearly signs.
      ...adam(1e-3, 1e-1),
      terms: { "non-saturating": {}, unrolled: { steps: 2 } },
    });
    tiny.iterate(2);
    tiny.freezeSingularVectors();
    checkLossGradient(tiny, ["generator"], { perParameter: 1, step: 1e-7, tolerance: 1e-5 });
  });

test("0 steps are the plain game bit for bit, and others are not", async () => {
  using plain = await TinyGame.create({ ...points(4), terms: { minimax: {} } });
  using zero = await TinyGame.create({ ...points(4), terms: { minimax: {}, unrolled: { steps: 0 } } });
  using one = await TinyGame.create({ ...points(4), terms: { minimax: {}, unrolled: { steps: 1 } } });
  for (const tiny of [plain, zero, one]) tiny.iterate(3);
  assert.deepEqual(zero.weights(), plain.weights());
  assert.notDeepEqual(one.weights("generator"), plain.weights("generator"));
});

test("the inner updates are those D would make, and leave D, its statistics and optimizer alone", async () => {
  for (const norm of ["batch", "spectral"]) {
    using tiny = await TinyGame.create({
      ...images(norm),
      terms: { hinge: {}, unrolled: { steps: 3 } },
    });
    using plain = await TinyGame.create({ ...images(norm), terms: { hinge: {} } });
    tiny.step("generator");
    plain.step("generator");
    // D's buffers move once, by judging fakes for G as in the plain game, though by another D where it is unrolled.
    const { network, optimizer } = tiny.game.player("discriminator");
    const parameters = (game: TinyGame) => game.parameters("discriminator").map((each) => each.toNumbers());
    assert.deepEqual(parameters(tiny), parameters(plain));
    for (const [name, buffer] of network.namedBuffers())
      if (name.endsWith("num_batches_tracked")) assert.equal(buffer.item(), 1, name);
    assert.equal(optimizer.stateDict().tensors.size, 0);
  }
  // The loss of one unrolled step is the plain loss after a real one.
  using unrolled = await TinyGame.create({ ...points(4), terms: { minimax: {}, unrolled: { steps: 2 } } });
  using real = await TinyGame.create({ ...points(4), terms: { minimax: {} } });
  const ahead = unrolled.lossOf(["generator"]);
  real.step("discriminator");
  real.step("discriminator");
  assertClose([ahead], [real.lossOf(["generator"])], 1e-12, "ahead");
});

test("it looks through adaptive weights, InfoMax and a gradient penalty", async () => {
  using weighted = await TinyGame.create({
    ...points(4),
    ...adam(0.02),
    terms: { minimax: {}, "adaptive-weights": {}, unrolled: { steps: 2 } },
  });
  using real = await TinyGame.create({
    ...points(4),
    ...adam(0.02),
    terms: { minimax: {}, "adaptive-weights": {} },
  });
  const ahead = weighted.lossOf(["generator"]);
  real.step("discriminator");
  real.step("discriminator");
  assertClose([ahead], [real.lossOf(["generator"])], 1e-12, "ahead");
  using all = await TinyGame.create({
    ...images("none"),
    terms: { wasserstein: {}, "gradient-penalty": {}, infomax: { criticUnits: 3 }, unrolled: { steps: 1 } },
    dtype: "float32",
  });
  all.iterate(1);
});

test("in bfloat16, losses through all of it stay near those of float32", async () => {
  const options: TinyOptions = {
    ...images("spectral"),
    terms: {
      hinge: {},
      infomax: { criticUnits: 16 },
      rotation: {},
      "adaptive-weights": {},
      unrolled: { steps: 1 },
    },
    batch: 8,
    dtype: "float32",
  };
  using wide = await TinyGame.create(options);
  using narrow = await TinyGame.create({ ...options, precision: "bfloat16" });
  for (const player of ["discriminator", "generator"])
    assertClose([narrow.lossOf([player])], [wide.lossOf([player])], 0.05, player);
  narrow.iterate(1);
  assert.ok(narrow.weights().every(Number.isFinite));
});

test("no tensor is left behind, and no scalar of a D that never was is reported", async () => {
  using tiny = await TinyGame.create({ ...points(4), terms: { minimax: {}, unrolled: { steps: 2 } } });
  tiny.iterate(1);
  const { count } = liveTensors();
  tiny.iterate(2);
  const scalars = tiny.step("generator");
  assert.equal(liveTensors().count, count);
  assert.deepEqual([...scalars.keys()], ["generator/minimax"]);
});

test("players that are not there are refused", async () => {
  for (const options of [{ discriminator: "critic" }, { player: "encoder" }, { player: "discriminator" }])
    await assert.rejects(
      TinyGame.create({ ...points(4), terms: { minimax: {}, unrolled: options } }),
      (error) => error instanceof UsageError && /^unrolled: /.test(error.message),
    );
});
