import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, type nn, noGrad, scope, setThreads, Tensor, torch } from "@gantry/torch";
import { readGolden } from "../../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { Discriminator } from "../nets/contract.js";
import { contrastiveLoss, InfomaxCritics, informationBound } from "../nets/layers/infomaxCritics.js";
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

test("the bound is log of how many are told apart, less the loss: all of that for sure, nothing for a guess", () => {
  scope(() => {
    const [count, side] = [4, 3];
    const even = torch.zeros([count, count, side, side], { dtype: "float64" });
    const own = torch.eye(count, { dtype: "float64" }).view([count, count, 1, 1]).expand(even.shape);
    const bound = (scores: Tensor, variant: "paper" | "public") =>
      informationBound(scores, contrastiveLoss(scores, variant), variant).item();
    assertClose([bound(even, "paper")], [0], 1e-12, "guessed");
    // One of -10 for each of the own image's places is left in the sum.
    const masked = Math.log1p((9 * Math.exp(-10)) / 28);
    assertClose([bound(even, "public")], [-masked], 1e-12, "guessed, publicly");
    // The own image found for sure, its places by nobody told apart: log N of log N M^2.
    assertClose([bound(own.mul(100), "paper")], [Math.log(count)], 1e-12, "found");
    assertClose([bound(own.mul(100), "public")], [Math.log(3 * 9 + 1)], 1e-12, "found, publicly");
  });
});

test("the bounds of reals and of fakes are reported", async () => {
  using tiny = await TinyGame.create({
    ...dcgan("spectral"),
    terms: { hinge: {}, infomax: { criticUnits: 5, beta: 1, alpha: 1 } },
  });
  for (const [phase, side] of [
    ["discriminator", "real"],
    ["generator", "fake"],
  ] as const) {
    const scalars = tiny.step(phase);
    const bound = scalars.get(`infomax/information/${side}`)!;
    assertClose([bound], [Math.log(4 * 14 * 14) - scalars.get(`${phase}/infomax`)!], 1e-9, side);
  }
});

test("deeper critics and other local layers: shapes, gradients, and what is not there", async () => {
  const made = (net: object, options: object = {}, size = 64) =>
    TinyGame.create({
      net: { family: "dcgan", channels: 1, discriminatorNorm: "spectral", prior: { size: 3 }, ...net },
      data: { kind: "images", shape: [1, size, size], classes: undefined },
      terms: { hinge: { weight: 0 }, infomax: { criticUnits: 3, ...options } },
    });
  using tiny = await made({ localLayer: 3 }, { criticLayers: 3 });
  const network = tiny.game.network<Discriminator>("discriminator");
  assert.deepEqual(network.featureShapes.local, [1, 32, 32]);
  const names = network.namedParameters().map(([name]) => name);
  for (const critic of ["local", "global"])
    assert.deepEqual(
      names.filter((name) => name.startsWith(`heads.infomax.${critic}.deeper`)),
      [0, 1].flatMap((i) => [
        `heads.infomax.${critic}.deeper.${i}.weight_orig`,
        `heads.infomax.${critic}.deeper.${i}.bias`,
      ]),
    );
  tiny.iterate(3);
  tiny.freezeSingularVectors();
  checkLossGradient(tiny, ["discriminator"], { perParameter: 1, step: 1e-7 });
  scope(() => {
    const { local } = network.features({ image: tiny.real.image });
    const first = (network as unknown as { blocks: nn.Layer[] }).blocks[0]!.forward(tiny.real.image);
    assert.deepEqual(local?.toNumbers(), first.toNumbers());
  });
  for (const [net, message] of [
    [{ localLayer: 4 }, /net\.localLayer=4: this D makes 3 maps before its last one; take 1 to 3/],
    [{ family: "resnet", channels: 2, discriminatorNorm: undefined, localLayer: 5 }, /take 1 to 4/],
  ] as const)
    await assert.rejects(made(net), (error) => error instanceof UsageError && message.test(error.message));
  for (const shortcutActivation of ["preactivated", "public"])
    for (const [localLayer, shape] of [
      [1, [128 / 16, 8, 8]],
      [2, [128 / 16, 8, 8]],
      [3, [128 / 16, 16, 16]],
    ] as const) {
      const net = {
        family: "resnet",
        channels: 8,
        discriminatorNorm: undefined,
        localLayer,
        shortcutActivation,
      };
      using residual = await made(net, {}, 32);
      const D = residual.game.network<Discriminator>("discriminator");
      assert.deepEqual(D.featureShapes.local, shape);
      scope(() => {
        const { local } = D.eval().features({ image: residual.real.image });
        assert.deepEqual(local?.shape.slice(1), shape);
        const { blocks } = D as unknown as { blocks: nn.Layer[] };
        const map = blocks
          .slice(0, 4 - localLayer)
          .reduce((seen, block) => block.forward(seen), residual.real.image);
        const expected = shortcutActivation === "public" ? map.relu() : map;
        assert.deepEqual(local?.toNumbers(), expected.toNumbers());
      });
    }
});

for (const layers of [1, 3])
  test(`critics of ${layers} hidden layers, pulled through their last ones, give the scores of critics computed in full`, () => {
    scope(() => {
      const critics = new InfomaxCritics(4, 10, 16, layers).to({ dtype: "float64" }).eval();
      const local = patternTensor("local", [3, 4, 2, 2]);
      const global = patternTensor("global", [3, 10]);
      const { hidden, deeper, output, shortcut } = critics.local;
      const inner = deeper.reduce((seen, layer) => layer.forward(seen).relu(), hidden.forward(local).relu());
      const full = output.forward(inner).add(shortcut.forward(local));
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
