import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, liveTensors, nn, noGrad, scope, torch } from "@gantry/torch";
import { z } from "zod";
import {
  filledGame,
  images,
  lossIn,
  methods,
  points,
  spectral,
  stirred,
  unmoved,
} from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import { register } from "../base/plugins/plugins.js";
import { resolveConfig } from "../config/config.js";
import { Discriminator } from "../nets/contract.js";
import type { NetFamily } from "../nets/family.js";
import type { Sample } from "../nets/sample.js";
import { sourcesUsed } from "../run/imports.js";
import { distance as distanceOf } from "./parts/distance.js";

const usual = { "non-saturating": {} };
const both = ["generator", "encoder"];
const options = { weight: 0.3, distance: 0.7 };
/** The public codes' form. */
const means = { distance: "l2", reduction: "mean" };

const close = (value: number, expected: number | undefined, what: string) =>
  assertClose([value], [expected!], 1e-12, what);

test("Reg-GAN: losses match NumPy; printed, the mode regularizer has the opposite sign", async () => {
  for (const variant of ["intended", "printed"]) {
    const golden = methods[variant === "printed" ? "reg-gan printed" : "reg-gan"]!;
    using tiny = await filledGame({ ...usual, reconstruction: means, "mode-regularizer": { variant } });
    close(tiny.lossOf(["encoder"]), golden.encoder, "encoder");
    close(tiny.lossOf(["generator"]), golden.generator, "generator");
    close(tiny.lossOf(both), golden.generator, "a team counts what it shares once");
  }
  using alone = await filledGame({ ...usual, "mode-regularizer": {} });
  using printed = await filledGame({ ...usual, "mode-regularizer": { variant: "printed" } });
  assert.equal(printed.lossOf(["encoder"]), -alone.lossOf(["encoder"]));
});

test("every distance from x to G(E(x)) matches NumPy, as a sum and as a mean, of D's features too", async () => {
  const distances = methods.distances as unknown as Record<string, Record<string, number>>;
  assert.deepEqual(Object.keys(distances), ["norm", "l2", "l1", "features"]);
  for (const [distance, found] of Object.entries(distances))
    for (const [reduction, expected] of Object.entries(found)) {
      using tiny = await filledGame({ ...usual, reconstruction: { weight: 3, distance, reduction } });
      close(tiny.lossOf(["encoder"]), 3 * expected, `${distance}, ${reduction}`);
    }
});

test("norm: where G(E(x)) is x its gradient is 0, not NaN", () => {
  scope(() => {
    const x = torch.tensor([1, 2, 3, 4], { shape: [2, 2] });
    const y = torch.tensor([1, 2, 0, 0], { shape: [2, 2] }).requiresGrad_();
    const [slope] = grad(distanceOf(y, x, "norm", "sum"), [y]);
    assertClose(slope!.toNumbers(), [0, 0, -0.3, -0.4], 1e-6, "slope");
  });
});

/** A network of a user's: two numbers of points, by weights of its own. */
const looking = (): NetFamily => ({
  name: "looking",
  summary: "for this test",
  source: "this test",
  conditional: false,
  options: z.strictObject({ hidden: z.int().default(3) }),
  check: (_options, { kind }) => (kind === "points" ? undefined : "looking is for points"),
  generator: () => assert.fail("nobody asks for it"),
  encoder: () => assert.fail("nobody asks for it"),
  discriminator: (_options, { inputShape }) => new Looking(inputShape),
});

class Looking extends Discriminator {
  readonly featureShapes = { local: undefined, global: 2 };
  readonly turn = scope(() => nn.parameter(torch.tensor([1, 2, 0, -1], { shape: [2, 2] })));
  constructor(readonly inputShape: readonly number[]) {
    super();
  }
  features({ image }: Sample) {
    assert.equal(this.training, false);
    return { local: undefined, global: image.matmul(this.turn).tanh() };
  }
  protected verdict = () => assert.fail("it only looks");
}

test("features of a user's network: by its name, in evaluation mode, left as it is, and part of what a run is made of", async () => {
  await register(looking());
  const reconstruction = { distance: "features", network: "looking", weight: 1 };
  using tiny = await filledGame({ ...usual, reconstruction });
  const network = tiny.game.network<Looking>("reconstruction-network");
  scope(() => noGrad(() => network.turn.copy_(torch.tensor([1, 2, 0, -1], { shape: [2, 2] }))));
  const seen = ([a, b]: readonly number[]) => [Math.tanh(a!), Math.tanh(2 * a! - b!)];
  const rows = (name: string) =>
    tiny.undisturbed(() => {
      const values = tiny.play(both).stream(name).image.toNumbers();
      return [0, 2, 4, 6].map((i) => seen(values.slice(i, i + 2)));
    });
  const [x, y] = [rows("real"), rows("reconstruction")];
  const expected = x.reduce((sum, [a, b], i) => sum + Math.hypot(a! - y[i]![0]!, b! - y[i]![1]!), 0) / 4;
  close(tiny.lossOf(["encoder"]), expected, "distance");
  checkLossGradient(tiny, both, { perParameter: 1 });
  assert.deepEqual(unmoved(tiny), ["discriminator.last.bias", "reconstruction-network.turn"].slice(1));
  assert.deepEqual(sourcesUsed(tiny.config), [{ parts: ["network family looking"] }]);
  const refused = (options: object, setting: typeof points | typeof images, message: RegExp) =>
    assert.rejects(
      TinyGame.create({ ...setting, terms: { ...usual, reconstruction: { ...reconstruction, ...options } } }),
      (error) => error instanceof UsageError && message.test(error.message) && !error.message.includes("\n"),
    );
  await refused({ network: "lookign" }, points, /no network family 'lookign', did you mean|did you mean/);
  await refused({}, images, /looking is for points/);
  await refused({ distance: "l1" }, points, /set distance=features/);
});

test("the recipes have the paper's distances, and reg-gan --preset public what the public codes minimise", async () => {
  const { terms: paper } = await resolveConfig({ recipe: "reg-gan" });
  assert.deepEqual([paper.reconstruction?.distance, paper.reconstruction?.reduction], ["norm", "sum"]);
  const { terms } = await resolveConfig({ recipe: "reg-gan", preset: "public" });
  const { weight, ...distance } = terms.reconstruction as Record<string, unknown>;
  assert.deepEqual([weight, distance.distance, distance.reduction], [0.2, "l2", "mean"]);
  assert.equal(terms["mode-regularizer"]?.variant, "printed");
  const { terms: diffused } = await resolveConfig({ recipe: "mdgan" });
  assert.equal(diffused["manifold-diffusion"]?.reduction, "sum");
});

test("MDGAN: every loss of every phase matches NumPy", async () => {
  const golden = methods.mdgan!;
  using summed = await filledGame({ ...usual, "manifold-diffusion": options });
  close(lossIn(summed, "manifold", both), golden["manifold sum"], "the square is a sum");
  const meant = { ...options, reduction: "mean" };
  using tiny = await filledGame({ ...usual, "manifold-diffusion": meant });
  close(lossIn(tiny, "discriminator", ["discriminator"]), golden.D1, "D1");
  close(lossIn(tiny, "manifold", both), golden.manifold, "manifold");
  close(lossIn(tiny, "manifold", ["encoder"]), golden.manifold, "encoder");
  close(lossIn(tiny, "diffusion", ["diffusion"]), golden.D2, "D2");
  close(lossIn(tiny, "diffuse", ["generator"]), golden.diffuse, "diffuse");
  close(lossIn(tiny, "diffuse", ["encoder"]), 0, "the encoder has no part in diffusion");
  using printed = await filledGame({ ...usual, "manifold-diffusion": { ...meant, variant: "printed" } });
  close(lossIn(printed, "manifold", both), golden.printed, "printed");
  close(lossIn(printed, "diffuse", ["generator"]), golden.diffuse, "printed diffuse");
});

test("MDGAN and Reg-GAN: gradients match finite differences through batch norm and spectral norm", async () => {
  for (const setting of [points, images, spectral]) {
    using tiny = await TinyGame.create({ ...setting, terms: { ...usual, "manifold-diffusion": options } });
    stirred(tiny).freezeSingularVectors();
    for (const { name, update } of tiny.game.phases) {
      tiny.phase = name;
      checkLossGradient(tiny, update.flat(), { perParameter: 1 });
    }
    const terms = { ...usual, reconstruction: {}, "mode-regularizer": {} };
    using regularized = await TinyGame.create({ ...setting, terms });
    stirred(regularized).freezeSingularVectors();
    checkLossGradient(regularized, both, { perParameter: 1 });
  }
});

test("MDGAN under every adversarial loss: each player moves in its own phases, nothing leaks", async () => {
  for (const loss of ["minimax", "hinge", "least-squares", "wasserstein"]) {
    using tiny = await TinyGame.create({ ...points, terms: { [loss]: {}, "manifold-diffusion": {} } });
    for (const phase of tiny.game.phases) {
      const before = new Map([...tiny.game.players.keys()].map((name) => [name, moving(tiny, name)]));
      tiny.step(phase);
      const moved = [...before].filter(([name, values]) => moving(tiny, name).join() !== values.join());
      assert.deepEqual(moved.map(([name]) => name).sort(), [...phase.update.flat()].sort(), phase.name);
    }
    assert.deepEqual(
      unmoved(tiny).filter((name) => !name.endsWith("last.bias")),
      [],
    );
    const before = liveTensors().count;
    tiny.iterate(2);
    assert.equal(liveTensors().count, before);
  }
});

const moving = (tiny: TinyGame, player: string) => tiny.parameters(player).flatMap((p) => p.toNumbers());

test("reg-gan with weights 0 is dcgan to the bit", async () => {
  for (const setting of [points, images]) {
    using plain = await TinyGame.create({ ...setting, terms: usual, dtype: "float32" });
    const terms = { ...usual, reconstruction: { weight: 0 }, "mode-regularizer": { weight: 0 } };
    using regularized = await TinyGame.create({ ...setting, terms, dtype: "float32" });
    plain.iterate(3);
    regularized.iterate(3);
    for (const player of ["generator", "discriminator"])
      assert.deepEqual(regularized.weights(player), plain.weights(player));
  }
});

test("Reg-GAN: each of two interleaved streams has its own batch statistics, scale and shift are shared", async () => {
  using tiny = await filledGame({ ...usual, reconstruction: {} });
  const state = () => tiny.game.network("generator").stateDict();
  const means = { fake: [0, 0, 0, 0, 0], reconstruction: [0, 0, 0, 0, 0] };
  const read = (name: string) => state().get(name)!.toNumbers();
  means.fake = read("body.1.running_mean");
  for (let round = 0; round < 3; round++)
    scope(() => {
      const play = tiny.play(["generator", "encoder"]);
      // The linear layer before the batch norm, of each stream's latents: what the statistics are of.
      const weight = state().get("body.0.weight")!;
      const mean = (latent: typeof weight) => latent.matmul(weight.t()).mean([0]).toNumbers();
      const of = {
        fake: mean(play.stream("fake").latent!),
        reconstruction: mean(play.stream("reconstruction").latent!),
      };
      for (const name of ["fake", "reconstruction"] as const)
        means[name] = means[name].map((m, i) => 0.9 * m + 0.1 * of[name][i]!);
    });
  assertClose(read("body.1.running_mean"), means.fake, 1e-12, "fake");
  assertClose(read("body.1.running_mean.reconstruction"), means.reconstruction, 1e-12, "reconstruction");
  assert.notDeepEqual(means.fake, means.reconstruction);
  assert.deepEqual(
    tiny.game
      .network("generator")
      .namedParameters()
      .map(([name]) => name),
    ["body.0.weight", "body.1.weight", "body.1.bias", "body.3.weight", "body.3.bias"],
  );
});
