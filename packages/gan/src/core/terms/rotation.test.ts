import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, type nn, noGrad, scope, setThreads, Tensor, torch } from "@gantry/torch";
import { readGolden } from "../../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { Discriminator } from "../nets/contract.js";
import { turnQuarters } from "./rotation.js";

setThreads(1);

interface Run {
  loss: number;
  gradients: Record<string, [number, number]>;
}

const golden = readGolden<{ rotation: Record<string, Run> }>("terms/losses.json").rotation;

const dcgan = (discriminatorNorm: "batch" | "spectral"): Pick<TinyOptions, "net" | "data"> => ({
  net: { family: "dcgan", channels: 2, discriminatorNorm, prior: { size: 3 } },
  data: { kind: "images", shape: [1, 28, 28], classes: undefined },
});

test("image i of N turns floor(4 i / N) times counter-clockwise", () => {
  scope(() => {
    // One asymmetric image for all: 1 2 over 3 4.
    const of = (count: number) =>
      turnQuarters(
        torch.tensor(
          Array.from({ length: count }, () => [
            [
              [1, 2],
              [3, 4],
            ],
          ]),
        ),
      );
    const { images, turns } = of(4);
    assert.deepEqual(turns, [0, 1, 2, 3]);
    assert.deepEqual(images.toList(), [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        [
          [2, 4],
          [1, 3],
        ],
      ],
      [
        [
          [4, 3],
          [2, 1],
        ],
      ],
      [
        [
          [3, 1],
          [4, 2],
        ],
      ],
    ]);
    for (const count of [5, 6, 7, 8, 9, 64]) {
      const expected = Array.from({ length: count }, (_, i) => Math.floor((4 * i) / count));
      const { images: many, turns: found } = of(count);
      assert.deepEqual(found, expected);
      const corners = many.narrow(2, 0, 1).narrow(3, 0, 1).toNumbers();
      assert.deepEqual(
        corners,
        expected.map((turn) => [1, 2, 4, 3][turn]),
      );
    }
  });
});

for (const [name, batch, options] of [
  ["every", 8, { form: "every" }],
  ["every of 6", 6, { form: "every" }],
  ["quarter", 8, { form: "quarter", rotated: 12 }],
] as const)
  test(`${name}: the loss of D and its gradients match a transcription`, async () => {
    using tiny = await TinyGame.create({
      ...dcgan("spectral"),
      terms: { hinge: {}, rotation: { ...options } },
      batch,
    });
    scope(() => {
      const network = fillNetwork(tiny.game.network<Discriminator>("discriminator"));
      noGrad(() => tiny.real.image.copy_(patternTensor("image", [batch, 1, 28, 28], 2)));
      const loss = tiny.game.terms.get("rotation")?.loss?.("discriminator", tiny.play(["discriminator"]));
      assert.ok(loss instanceof Tensor);
      const expected = golden[name] as Run;
      assertClose([loss.item()], [expected.loss], 1e-11, "loss");
      const named = network.namedParameters();
      const gradients = grad(
        loss,
        named.map(([, parameter]) => parameter),
        { allowUnused: true },
      );
      for (const [i, [key]] of named.entries()) {
        const gradient = gradients[i];
        const wished = expected.gradients[key];
        assert.equal(gradient === undefined, wished === undefined, key);
        if (gradient !== undefined && wished !== undefined)
          assertClose(summary(key, gradient), wished, 1e-10, key);
      }
    });
  });

for (const norm of ["spectral", "batch"] as const)
  for (const form of ["every", "quarter"] as const)
    test(`${form}: gradients of D and G through ${norm} norm match finite differences`, async () => {
      using tiny = await TinyGame.create({
        ...dcgan(norm),
        terms: { hinge: { weight: 0 }, rotation: { form, rotated: 8, alpha: 0.7, beta: 0.4 } },
      });
      // Singular vectors that fit their weights: else the first losses are in the thousands, and differences coarse.
      tiny.iterate(3);
      tiny.freezeSingularVectors();
      // Small steps: batch norm magnifies them, and LeakyReLU has a kink at 0.
      checkLossGradient(tiny, ["discriminator"], { perParameter: 1, step: 1e-7 });
      checkLossGradient(tiny, ["generator"], { perParameter: 1, step: 1e-7 });
    });

test("the head is normalised as D is, and has the published number of parameters", async () => {
  const data = { kind: "images", shape: [3, 32, 32], classes: undefined } as const;
  using sn = await TinyGame.create({
    net: { family: "resnet" },
    data,
    terms: { hinge: {}, rotation: {} },
    dtype: "float32",
  });
  const count = sn.parameters("discriminator").reduce((sum, { numel }) => sum + numel, 0);
  assert.equal(count, 1_054_341);
  assert.ok(sn.game.network<Discriminator>("discriminator").head<nn.Linear>("rotation").weightU);
  using plain = await TinyGame.create({ ...dcgan("batch"), terms: { hinge: {}, rotation: {} } });
  assert.equal(
    plain.game.network<Discriminator>("discriminator").head<nn.Linear>("rotation").weightU,
    undefined,
  );
});

test("weights of 0 leave the base as it is, and InfoMax goes with it", async () => {
  using base = await TinyGame.create({ ...dcgan("spectral"), terms: { hinge: {} } });
  using zero = await TinyGame.create({
    ...dcgan("spectral"),
    terms: { rotation: { alpha: 0, beta: 0 }, hinge: {} },
  });
  base.iterate(2);
  zero.iterate(2);
  assert.deepEqual(zero.weights(), base.weights());
  using both = await TinyGame.create({
    ...dcgan("spectral"),
    terms: { hinge: {}, rotation: {}, infomax: { criticUnits: 3 } },
  });
  const scalars = new Map([...both.step("discriminator"), ...both.step("generator")]);
  for (const player of ["discriminator", "generator"])
    for (const term of ["hinge", "rotation", "infomax"])
      assert.ok(Number.isFinite(scalars.get(`${player}/${term}`)), `${player}/${term}`);
});

test("conditional networks judge turned images with their labels", async () => {
  using tiny = await TinyGame.create({
    net: { family: "resnet", channels: 2 },
    data: { kind: "images", shape: [3, 32, 32], classes: 3 },
    conditional: true,
    terms: { hinge: {}, rotation: { form: "quarter", rotated: 8 } },
    dtype: "float32",
  });
  tiny.iterate(1);
});

test("what makes no sense is refused before training", async () => {
  const refused = (options: TinyOptions, message: RegExp) =>
    assert.rejects(TinyGame.create(options), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  const terms = (rotation: Record<string, string | number>) => ({ hinge: {}, rotation });
  await refused(
    {
      net: { family: "mlp" },
      data: { kind: "points", shape: [2], classes: undefined },
      terms: terms({}),
    },
    /square images/,
  );
  await refused({ ...dcgan("spectral"), terms: terms({}), batch: 3 }, /4 images or more/);
  await refused({ ...dcgan("spectral"), terms: terms({ form: "quarter", rotated: 32 }) }, /set batch=8/);
  await refused({ ...dcgan("spectral"), terms: terms({ rotated: 6 }) }, /multiple of 4/);
});

test("only who makes the fakes learns from them: an encoder does not", async () => {
  using tiny = await TinyGame.create({
    ...dcgan("batch"),
    terms: { hinge: {}, reconstruction: {}, rotation: {} },
  });
  scope(() => {
    const play = tiny.play(["generator", "encoder"]);
    const of = (player: string) => tiny.game.terms.get("rotation")?.loss?.(player, play);
    assert.equal(of("encoder"), undefined);
    assert.notEqual(of("generator"), undefined);
  });
});
