import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, type nn, noGrad, scope, setThreads, Tensor, torch } from "@gantry/torch";
import { readGolden } from "../../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { Discriminator } from "../nets/contract.js";
import { contrastiveLoss, InfomaxCritics } from "../nets/layers/infomaxCritics.js";
import { terms } from "./registry.js";

setThreads(1);

interface Run {
  loss: number;
  gradients: Record<string, [number, number]>;
}

const golden = readGolden<{ contrast: Record<string, number>; infomax: Record<string, Run> }>(
  "terms/losses.json",
);

const dcgan = (discriminatorNorm: "batch" | "spectral"): Pick<TinyOptions, "net" | "data"> => ({
  net: { family: "dcgan", channels: 2, discriminatorNorm, prior: { size: 3 } },
  data: { kind: "images", shape: [1, 28, 28], classes: undefined },
});

for (const variant of ["paper", "public"] as const) {
  test(`the ${variant} loss of given scores is the equation's`, () => {
    scope(() => {
      const scores = patternTensor("scores", [5, 5, 3, 3], 6);
      assertClose(
        [contrastiveLoss(scores, variant).item()],
        [golden.contrast[variant] as number],
        1e-12,
        variant,
      );
    });
  });

  test(`the ${variant} loss of D and its gradients match a transcription that makes every score`, async () => {
    using tiny = await TinyGame.create({
      ...dcgan("spectral"),
      terms: { hinge: {}, infomax: { criticUnits: 5, variant, beta: 1 } },
      batch: 8,
    });
    scope(() => {
      const network = fillNetwork(tiny.game.network<Discriminator>("discriminator"));
      noGrad(() => tiny.real.image.copy_(patternTensor("image", [8, 1, 28, 28], 2)));
      const loss = tiny.game.terms.get("infomax")?.loss?.("discriminator", tiny.play(["discriminator"]));
      assert.ok(loss instanceof Tensor);
      const expected = golden.infomax[variant] as Run;
      assertClose([loss.item()], [expected.loss], 1e-11, "loss");
      const named = network.namedParameters();
      const gradients = grad(
        loss,
        named.map(([, parameter]) => parameter),
        { allowUnused: true },
      );
      const found = named.flatMap(([name], i) => {
        const gradient = gradients[i];
        return gradient === undefined ? [] : [[name, summary(name, gradient)] as const];
      });
      assert.deepEqual(found.map(([name]) => name).sort(), Object.keys(expected.gradients).sort());
      for (const [name, values] of found)
        assertClose(values, expected.gradients[name] as [number, number], 1e-10, name);
    });
  });

  for (const norm of ["spectral", "batch"] as const)
    test(`${variant}: gradients of D and G through ${norm} norm match finite differences`, async () => {
      using tiny = await TinyGame.create({
        ...dcgan(norm),
        terms: { hinge: { weight: 0 }, infomax: { criticUnits: 3, variant, alpha: 0.7, beta: 0.4 } },
      });
      // Singular vectors that fit their weights: else the first losses are in the thousands, and differences coarse.
      tiny.iterate(3);
      tiny.freezeSingularVectors();
      // Small steps: batch norm magnifies them, and LeakyReLU has a kink at 0.
      checkLossGradient(tiny, ["discriminator"], { perParameter: 1, step: 1e-7 });
      checkLossGradient(tiny, ["generator"], { perParameter: 1, step: 1e-7 });
    });
}

test("the paper's loss is log(N M^2) where nothing can be told, and its public form is not below 0", () => {
  scope(() => {
    const scores = torch.zeros([4, 4, 2, 3], { dtype: "float64" });
    assertClose([contrastiveLoss(scores, "paper").item()], [Math.log(24)], 1e-12, "paper");
    // One positive among itself, 18 of the others, and 6 masked ones.
    const expected = Math.log(1 + 18 + 6 * Math.exp(-10));
    assertClose([contrastiveLoss(scores, "public").item()], [expected], 1e-12, "public");
  });
});

test("scores far apart lose no digits and stay finite in float32", () => {
  scope(() => {
    for (const variant of ["paper", "public"] as const) {
      const scores = patternTensor("scores", [5, 5, 3, 3], 400);
      const wide = contrastiveLoss(scores, variant).item();
      const narrow = contrastiveLoss(scores.to({ dtype: "float32" }), variant).item();
      assertClose([narrow], [wide], 1e-5, variant);
    }
  });
});

test("critics pulled through their last layers give the scores of critics computed in full", () => {
  scope(() => {
    const critics = new InfomaxCritics(4, 10, 16).to({ dtype: "float64" }).eval();
    const local = patternTensor("local", [3, 4, 2, 2]);
    const global = patternTensor("global", [3, 10]);
    const { hidden, output, shortcut } = critics.local;
    const full = output.forward(hidden.forward(local).relu()).add(shortcut.forward(local));
    const expected = full
      .permute([0, 2, 3, 1])
      .matmul(critics.global.forward(global).t())
      .permute([0, 3, 1, 2]);
    assertClose(
      critics.scores(local, global).toNumbers(),
      expected.contiguous().toNumbers(),
      1e-12,
      "scores",
    );
    assert.equal(critics.global.hidden.weight.size(0), 8);
    critics.dispose();
  });
});

test("with the published networks it has the published number of parameters", async () => {
  using tiny = await TinyGame.create({
    net: { family: "resnet", channels: 128 },
    data: { kind: "images", shape: [3, 32, 32], classes: undefined },
    terms: { hinge: {}, infomax: {} },
    dtype: "float32",
  });
  const count = tiny.parameters("discriminator").reduce((sum, { numel }) => sum + numel, 0);
  assert.equal(count, 1_615_233);
});

test("alpha and beta of 0 leave the base as it is, bit for bit", async () => {
  using base = await TinyGame.create({ ...dcgan("spectral"), terms: { hinge: {} } });
  using zero = await TinyGame.create({
    ...dcgan("spectral"),
    terms: { infomax: { alpha: 0, beta: 0 }, hinge: {} },
  });
  base.iterate(3);
  zero.iterate(3);
  assert.deepEqual(zero.weights(), base.weights());
});

test("critics move with D alone, on reals alone; G moves by fakes", async () => {
  using tiny = await TinyGame.create({
    ...dcgan("spectral"),
    terms: { hinge: {}, infomax: { criticUnits: 3 } },
  });
  const network = tiny.game.network<Discriminator>("discriminator");
  const values = (parameters: readonly nn.Parameter[]) => parameters.map((each) => each.toNumbers());
  const critics = () => values(network.head("infomax").parameters());
  const before = critics();
  tiny.step("generator");
  assert.deepEqual(critics(), before);
  tiny.step("discriminator");
  for (const [i, moved] of critics().entries()) assert.notDeepEqual(moved, before[i]);
  // With every adversarial weight off, what is left moves G too.
  using alone = await TinyGame.create({
    ...dcgan("spectral"),
    terms: { hinge: { weight: 0 }, infomax: { criticUnits: 3 } },
  });
  const generator = alone.weights("generator");
  alone.step("generator");
  assert.notDeepEqual(alone.weights("generator"), generator);
  assert.equal(alone.step("generator").has("generator/hinge"), false);
});

test("what makes no sense is refused before training", async () => {
  const refused = (options: TinyOptions, message: RegExp) =>
    assert.rejects(TinyGame.create(options), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  await refused(
    {
      net: { family: "mlp" },
      data: { kind: "points", shape: [2], classes: undefined },
      terms: { hinge: {}, infomax: {} },
    },
    /local features/,
  );
  await refused({ ...dcgan("spectral"), terms: { hinge: {}, infomax: {} }, batch: 1 }, /2 images or more/);
  await refused(
    { ...dcgan("spectral"), terms: { hinge: {}, infomax: { discriminator: "other" } } },
    /no discriminator 'other'/,
  );
  await refused(
    { ...dcgan("spectral"), terms: { hinge: {}, infomax: { alpha: -1 } } },
    /terms\.infomax\.alpha/,
  );
  await refused({ ...dcgan("spectral"), terms: { hinge: {}, infomax: { variant: "pubic" } } }, /variant/);
});

test("its defaults are the paper's: alpha and beta 0.2, critics of 1024 units", async () => {
  const { options } = await terms.get("infomax");
  const { alpha, beta, criticUnits, variant } = options.parse({}) as Record<string, unknown>;
  assert.deepEqual([alpha, beta, criticUnits, variant], [0.2, 0.2, 1024, "paper"]);
});
