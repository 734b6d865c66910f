import assert from "node:assert/strict";
import { test } from "node:test";
import {
  grad,
  liveTensors,
  type nn,
  noGrad,
  RandomGenerator,
  scope,
  type Tensor,
  torch,
} from "@gantry/torch";
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
import { resolveConfig } from "../config/config.js";
import { totalLoss } from "../game/gradient.js";
import type { Discriminator } from "../nets/contract.js";
import { Prior } from "../nets/prior.js";
import { interventions, shuffled, uniform } from "./parts/intervention.js";

interface Numbers {
  readonly ce: number;
  readonly recon: number;
}
const golden = methods.intervention as unknown as Record<string, Numbers[]>;
/** The forms of the authors' code. */
const codes = { draw: "batch", latents: "encoded", classifier: "weighted" };
const labels = { realLabel: 1, fakeLabel: -1, target: 0, half: false };

/** Which block of `intervened` is noise in a step of these players. */
function blockOf(tiny: TinyGame, k: number, updating: readonly string[], seed: number): number {
  return scope(() => {
    const play = tiny.play(updating, { seed });
    const z = play.stream("fake").latent!.toNumbers();
    const latent = play.stream("intervened").latent!.toNumbers();
    const width = 4 / k;
    const found = Array.from({ length: k }, (_, i) => i).filter((i) =>
      latent.every((value, j) => Math.floor((j % 4) / width) !== i || value === z[j]),
    );
    assert.equal(found.length, 1);
    return found[0]!;
  });
}

for (const k of [2, 4])
  test(`as the code has it, losses of every player match NumPy, whichever of ${k} blocks is noise`, async () => {
    const terms = {
      "least-squares": labels,
      intervention: { ...codes, k, weight: 0.5, reconstruction: 0.25 },
    };
    using tiny = await filledGame(terms);
    const { intervention } = terms;
    using publicly = await filledGame({ ...terms, intervention: { ...intervention, variant: "public" } });
    const seen = new Set<number>();
    for (let seed = 0; seed < 40 && seen.size < k; seed++) {
      const index = tiny.undisturbed(() => blockOf(tiny, k, ["discriminator"], seed));
      seen.add(index);
      const { ce, recon } = golden[k]![index]!;
      const sum = (game: TinyGame, players: readonly string[]) =>
        game.undisturbed(() => {
          const play = game.play(players, { seed });
          const { wholes, splits } = game.game.evaluate(players, play);
          const parts = [...wholes, ...splits.flatMap((split) => [split.real, split.fake])];
          return parts.reduce((total, part) => total + part.item(), 0);
        });
      const { discriminator, generator } = methods.labels!;
      for (const game of [tiny, publicly]) {
        assertClose([sum(game, ["discriminator"])], [discriminator! + 0.5 * ce], 1e-12, "D");
        assertClose([sum(game, ["generator"])], [generator! - 0.5 * ce + 0.25 * recon], 1e-12, "G");
      }
      assertClose(
        [sum(tiny, ["encoder"])],
        [0.25 * recon - 0.5 * ce],
        1e-12,
        "E plays against the classifier",
      );
      assertClose([sum(publicly, ["encoder"])], [0.5 * ce], 1e-12, "publicly E plays with it");
    }
    assert.equal(seen.size, k, "every block was drawn");
  });

test("as the paper has it, losses of every player match NumPy, whatever each image draws", async () => {
  const draws = methods["intervention drawn"] as unknown as Record<string, Record<string, number>>;
  const { discriminator, generator } = methods.labels!;
  for (const reduction of ["mean", "sum"]) {
    // In the order in which they are asked for: z, noise for the encodings, z of equation 5, noise for that.
    let drawn = 0;
    const names = ["z", "noise", "prior", "filler"];
    const intervention = { k: 2, weight: 0.5, reconstruction: 0.25, reduction };
    using tiny = await filledGame({ "least-squares": labels, intervention }, () => names[drawn++ % 4]!);
    const image = methods["intervention images"]![reduction === "sum" ? "norm" : "error"]!;
    const seen = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      const lossOf = (player: string, expected: (ce: number, recon: number) => number) =>
        tiny.undisturbed(() => {
          drawn = 0;
          const play = tiny.play([player], { seed });
          play.stream("fake");
          const chosen = (stream: string) => play.stream(stream).choice!.toNumbers().join("");
          const { ce } = draws[chosen("intervened")]!;
          const latent = draws[chosen("intervened-prior")]![reduction === "sum" ? "latent norm" : "latent"];
          seen.add(chosen("intervened"));
          const loss = totalLoss(tiny.game.evaluate([player], play))!.item();
          assertClose([loss], [expected(ce!, image + latent!)], 1e-12, player);
        });
      lossOf("discriminator", (ce) => discriminator! + ce);
      lossOf("generator", (ce, recon) => generator! - 0.5 * ce + 0.25 * recon);
      lossOf("encoder", (ce, recon) => 0.25 * recon - 0.5 * ce);
    }
    assert.ok(seen.size > 4, "images draw for themselves");
  }
});

test("log k - CE is reported: 0 where f cannot tell, log k where it always can", async () => {
  using tiny = await TinyGame.create({ ...points, terms: { hinge: {}, intervention: { k: 4 } } });
  const head = tiny.game.network<Discriminator>("discriminator").head<nn.Linear>("intervention");
  const told = () => tiny.step("discriminator").get("intervention/jensenShannon")!;
  scope(() =>
    noGrad(() => {
      head.weight.zero_();
      head.bias!.zero_();
    }),
  );
  assertClose([told()], [0], 1e-12, "nothing told");
  using one = await TinyGame.create({
    ...points,
    terms: { hinge: {}, intervention: { k: 4, draw: "batch" } },
  });
  const sure = one.game.network<Discriminator>("discriminator").head<nn.Linear>("intervention");
  const index = one.undisturbed(() => {
    const play = one.play(["discriminator"]);
    play.stream("fake");
    return play.stream("intervened").choice!.toNumbers();
  });
  assert.equal(new Set(index).size, 1);
  scope(() =>
    noGrad(() => {
      sure.weight.zero_();
      sure.bias!.zero_().narrow(0, index[0]!, 1).add_(100);
    }),
  );
  assertClose([one.step("discriminator").get("intervention/jensenShannon")!], [Math.log(4)], 1e-12, "all");
});

test("the images of a pack have one intervention, which can be told of it", async () => {
  using tiny = await TinyGame.create({
    ...points,
    batch: 8,
    terms: { hinge: {}, packing: {}, intervention: { k: 4, encoderSteps: 1 } },
  });
  const seen = new Set<string>();
  for (let seed = 0; seed < 5; seed++)
    tiny.undisturbed(() => {
      const choice = tiny.play(["discriminator"], { seed }).stream("intervened").choice!.toNumbers();
      for (let i = 0; i < 8; i += 2) assert.equal(choice[i], choice[i + 1]);
      seen.add(choice.join());
    });
  assert.ok(seen.size > 1);
});

test("innerLoop all: every player in every inner iteration, on one batch of latents; with one it is the other loop", async () => {
  const made = (options: object, over: object = {}) =>
    TinyGame.create({ ...points, terms: { hinge: {}, intervention: { k: 2, ...options } }, ...over });
  const turn = ["discriminator", "generator,encoder"];
  using tiny = await made({ innerLoop: "all", encoderSteps: 3 });
  assert.deepEqual(
    tiny.game.phases.map(({ update, real }) => [update.flat().join(), real]),
    [0, 1, 2].flatMap((i) => turn.map((who, j) => [who, i + j === 0 ? "fresh" : "same"])),
  );
  using publicly = await made({ innerLoop: "all", encoderSteps: 2, variant: "public" });
  assert.deepEqual(
    publicly.game.phases.map(({ update }) => update.join()),
    ["discriminator", "generator", "encoder", "discriminator", "generator", "encoder"],
  );
  const latents = (seed: number) =>
    tiny.undisturbed(() => tiny.play(["discriminator"], { seed }).stream("fake").latent!.toNumbers().join());
  const first = latents(1);
  assert.equal(latents(2), first);
  tiny.iterate(1);
  assert.notEqual(latents(2), first);
  const live = liveTensors().count;
  tiny.iterate(2);
  assert.equal(liveTensors().count, live);
  using one = await made({ innerLoop: "all", encoderSteps: 1 });
  using other = await made({ innerLoop: "encoder", encoderSteps: 1 });
  one.step("discriminator");
  other.step("discriminator");
  assert.deepEqual(one.weights(), other.weights());
  for (const over of [
    { schedule: { generatorBatch: 8 } },
    { terms: { hinge: {}, reconstruction: {}, intervention: { k: 2, innerLoop: "all" } } },
  ])
    await assert.rejects(made({ innerLoop: "all" }, over), /intervention: .*innerLoop/);
});

test("gradients of all three match finite differences, through batch norm and spectral norm", async () => {
  for (const setting of [points, images, spectral])
    for (const forms of [{}, { ...codes, variant: "public" }]) {
      const terms = { "non-saturating": {}, intervention: { k: 2, ...forms } };
      using tiny = await TinyGame.create({ ...setting, terms });
      stirred(tiny).freezeSingularVectors();
      for (const player of ["discriminator", "generator", "encoder"])
        checkLossGradient(tiny, [player], { perParameter: 1 });
    }
});

test("E steps with G, then by itself, in the variant public only by itself; weights of 0 leave a plain GAN", async () => {
  const terms = { "non-saturating": {}, intervention: { k: 2, encoderSteps: 3 } };
  using tiny = await TinyGame.create({ ...images, terms });
  const together = ["generator", "encoder"];
  const phasesOf = async (options: object) => {
    const changed = { ...terms, intervention: { ...terms.intervention, ...options } };
    using made = await TinyGame.create({ ...images, terms: changed });
    return made.game.phases.map(({ update, steps, real }) => [update, steps, real]);
  };
  const judging = [["discriminator"], 1, "fresh"];
  assert.deepEqual(await phasesOf({}), [judging, [[together], 1, "same"], [["encoder"], 2, "same"]]);
  assert.deepEqual(await phasesOf({ encoderSteps: 1 }), [judging, [[together], 1, "same"]]);
  assert.deepEqual(await phasesOf({ variant: "public" }), [
    judging,
    [["generator"], 1, "same"],
    [["encoder"], 3, "same"],
  ]);
  const values = (player: string) => tiny.parameters(player).flatMap((parameter) => parameter.toNumbers());
  for (const { name: phase, update } of tiny.game.phases) {
    const before = new Map([...tiny.game.players.keys()].map((name) => [name, values(name)]));
    tiny.step(phase);
    for (const [name, then] of before)
      assert.equal(values(name).join() !== then.join(), update.flat().includes(name));
  }
  assert.deepEqual(unmoved(tiny), []);
  const live = liveTensors().count;
  tiny.iterate(2);
  assert.equal(liveTensors().count, live);

  const off = { "non-saturating": {}, intervention: { k: 2, weight: 0, reconstruction: 0 } };
  using without = await TinyGame.create({ ...images, terms: off });
  using plain = await TinyGame.create({ ...images, terms: { "non-saturating": {} } });
  plain.iterate(1);
  without.step("discriminator", { seed: 1001 });
  without.step("generator", { seed: 1001 });
  for (const player of ["discriminator", "generator"])
    assert.deepEqual(without.weights(player), plain.weights(player));
});

test("in one backward pass G and E get the gradients of their own losses", async () => {
  for (const setting of [points, images]) {
    const terms = { "non-saturating": {}, intervention: { k: 2, encoderSteps: 1 } };
    using tiny = await TinyGame.create({ ...setting, terms });
    const together = ["generator", "encoder"];
    const gradients = (team: readonly string[], player: string) =>
      tiny.undisturbed(() => {
        const play = tiny.play(together);
        // First drawn, as in a step of both.
        play.stream("fake");
        const loss = totalLoss(tiny.game.evaluate(team, play))!;
        return grad(loss, tiny.parameters(player)).flatMap((gradient) => gradient.toNumbers());
      });
    for (const player of together) {
      const own = gradients([player], player);
      assert.ok(own.some((value) => Math.abs(value) > 1e-6));
      assertClose(gradients(together, player), own, 1e-12, player);
    }
  }
});

test("composes with reconstruction (one team, what is shared counts once), packing and instance noise", async () => {
  const terms = { "non-saturating": {}, reconstruction: {}, intervention: { k: 2 } };
  using tiny = await TinyGame.create({ ...points, terms });
  assert.deepEqual(tiny.game.phases.at(-1)?.update, [["generator", "encoder"]]);
  const alone = lossIn(tiny, undefined, ["generator"]);
  assertClose([lossIn(tiny, undefined, ["generator", "encoder"])], [alone], 1e-12, "team");
  await assert.rejects(
    TinyGame.create({ ...points, terms: { ...terms, intervention: { k: 2, variant: "public" } } }),
    /another game than G/,
  );
  for (const view of [{ packing: {} }, { "instance-noise": {} }, { packing: {}, "instance-noise": {} }]) {
    using viewed = await TinyGame.create({
      ...images,
      terms: { hinge: {}, intervention: { k: 2, encoderSteps: 1 }, ...view },
    });
    assert.deepEqual(
      unmoved(viewed).filter((name) => name !== "discriminator.last.bias"),
      [],
    );
  }
});

test("the order of the terms decides nothing: who else has E update is known once all are", async () => {
  for (const [other, loss] of [
    ["vaegan", "minimax"],
    ["manifold-diffusion", "non-saturating"],
    ["reconstruction", "non-saturating"],
    ["mode-regularizer", "non-saturating"],
    ["veegan", "non-saturating"],
  ] as const) {
    const mine = { intervention: { k: 2, encoderSteps: 3 } };
    const before = { [loss]: {}, ...mine, [other]: {} };
    const behind = { [loss]: {}, [other]: {}, ...mine };
    using first = await TinyGame.create({ ...points, terms: before });
    using last = await TinyGame.create({ ...points, terms: behind });
    assert.deepEqual(first.game.phases, last.game.phases, other);
    // E updates with the others, then: it has no steps of its own.
    assert.ok(!first.game.phases.some(({ name }) => name === "encoder"), other);
    for (const terms of [before, behind])
      await assert.rejects(
        TinyGame.create({ ...points, terms: { ...terms, intervention: { k: 2, variant: "public" } } }),
        /another game than G/,
        other,
      );
  }
});

test("G's own batch: as many blocks are filled as there are encodings; VAEGAN, whose G has none, refuses it", async () => {
  const terms = { "non-saturating": {}, intervention: { k: 2, encoderSteps: 2 } };
  using tiny = await TinyGame.create({ ...points, terms, schedule: { generatorBatch: 7 } });
  assert.deepEqual(
    tiny.game.phases.map(({ batch }) => batch),
    [undefined, 7, undefined],
  );
  assert.deepEqual(
    unmoved(tiny).filter((name) => name !== "discriminator.last.bias"),
    [],
  );
  await assert.rejects(
    TinyGame.create({
      ...points,
      terms: { minimax: {}, vaegan: {} },
      schedule: { generatorBatch: 7 },
    }),
    (error) => error instanceof UsageError && /generatorBatch: a term here has G update/.test(error.message),
  );
});

/** One intervention for all of a batch. */
const all = (latent: Tensor, index: number) => torch.full([latent.size(0)], index, { dtype: "int64" });

const draw = (kind: string, size: number, k: number, seed = 0) =>
  interventions.get(kind).then((found) => found.make(size, k, uniform(seed)));

test("every kind keeps the normal distribution: mean 0 and unit covariance of 20,000 latents", async () => {
  for (const kind of (await interventions.all()).keys()) {
    const intervention = await draw(kind, 4, 4);
    for (let index = 0; index < 4; index++)
      scope(() => {
        const generator = new RandomGenerator(index);
        const normal = () => torch.randn([20_000, 4], { generator, dtype: "float64" });
        const latent = normal();
        const out = intervention.apply(latent, all(latent, index), normal());
        const off = (values: Tensor, expected: readonly number[]) =>
          Math.max(...values.toNumbers().map((value, i) => Math.abs(value - expected[i]!)));
        assert.ok(off(out.mean([0]), [0, 0, 0, 0]) < 0.04, kind);
        const identity = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
        assert.ok(off(out.t().matmul(out).div(20_000), identity) < 0.06, kind);
        assert.notDeepEqual(out.toNumbers(), latent.toNumbers());
      });
  }
});

test("blocks replace exactly one block, permutations and signs keep sizes, rotations keep lengths; seeds repeat", async () => {
  await Promise.all(
    ["block-substitution", "permutation", "sign-flips", "rotation"].map(async (kind) => {
      const [first, again, other] = await Promise.all([
        draw(kind, 12, 3),
        draw(kind, 12, 3),
        draw(kind, 12, 3, 1),
      ]);
      scope(() => {
        const latent = torch.randn([5, 12], { dtype: "float64" });
        const noise = torch.randn([5, 12], { dtype: "float64" });
        const out = first!.apply(latent, all(latent, 1), noise);
        assert.deepEqual(again!.apply(latent, all(latent, 1), noise).toNumbers(), out.toNumbers());
        const mixed = torch.fromTypedArray(BigInt64Array.from([0n, 1n, 2n, 1n, 0n]));
        const each = first!.apply(latent, mixed, noise);
        for (const [row, index] of [0, 1, 2, 1, 0].entries())
          assert.deepEqual(
            each.select(0, row).toNumbers(),
            first!.apply(latent, all(latent, index), noise).select(0, row).toNumbers(),
          );
        const absolute = (tensor: Tensor) => tensor.abs().sort(1)[0].toNumbers();
        if (kind === "block-substitution") {
          const changed = out.sub(latent).toNumbers();
          assert.deepEqual(
            changed.map((value) => value !== 0),
            changed.map((_, i) => i % 12 >= 4 && i % 12 < 8),
          );
          assert.deepEqual(out.narrow(1, 4, 4).toNumbers(), noise.narrow(1, 4, 4).toNumbers());
        } else {
          assert.notDeepEqual(other!.apply(latent, all(latent, 1), noise).toNumbers(), out.toNumbers());
          const lengths = (tensor: Tensor) => tensor.square().sum([1]).toNumbers();
          assertClose(lengths(out), lengths(latent), 1e-12, kind);
          if (kind !== "rotation") assert.deepEqual(absolute(out), absolute(latent));
        }
      });
    }),
  );
});

test("refuses k that does not divide the latent, and priors that a kind does not keep", async () => {
  const terms = (options: object) => ({ "non-saturating": {}, intervention: { ...options } });
  const refused = async (options: object, message: RegExp, prior: object = { size: 4 }) =>
    assert.rejects(
      TinyGame.create({ ...points, net: { ...points.net, prior: { ...prior } }, terms: terms(options) }),
      (error) => error instanceof UsageError && message.test(error.message) && !error.message.includes("\n"),
    );
  await refused({ k: 3 }, /a latent of 4 does not divide into 3 equal blocks; take k from 2, 4/);
  await refused({ operation: "rotation" }, /only the normal prior/, { size: 4, distribution: "uniform" });
  await refused({ operation: "sign-flips" }, /symmetric prior/, { size: 4, distribution: "unit" });
  await refused({ operation: "shift" }, /operation/);
  const rotation = await interventions.get("rotation");
  assert.equal(rotation.check(new Prior({ size: 3, distribution: "normal" }), 5), undefined);
});

test("the recipes have the hyperparameters of table 5", async () => {
  for (const [recipe, loss] of [
    ["ivlsgan", "least-squares"],
    ["ivdcgan", "non-saturating"],
  ] as const) {
    const { terms, optimizers, net, batch, data } = await resolveConfig({ recipe });
    assert.deepEqual(Object.keys(terms).sort(), ["instance-noise", "intervention", loss].sort());
    const { k, weight, reconstruction, variant } = terms.intervention as Record<string, unknown>;
    assert.deepEqual([k, weight, reconstruction, variant], [4, 0.5, 0.25, "paper"]);
    assert.equal(optimizers.default?.learningRate, 2e-4);
    assert.equal(optimizers.encoder?.learningRate, 0.005);
    assert.deepEqual([net.prior.size, net.prior.distribution, batch, data.size], [100, "normal", 64, 64]);
  }
  for (const recipe of ["ivlsgan", "ivdcgan"]) {
    const { terms } = await resolveConfig({ recipe, preset: "public" });
    const { variant, draw, latents, classifier } = terms.intervention as Record<string, unknown>;
    assert.deepEqual({ variant, draw, latents, classifier }, { variant: "public", ...codes });
  }
  const authors = await resolveConfig({ recipe: "ivlsgan", preset: "public" });
  assert.equal(authors.optimizers.encoder?.learningRate, 0.01);
  assert.equal(authors.net.encoderChannels, 16);
});

test("a batch of one has an intervention too", async () => {
  const net = { ...points.net, generatorBatchNorm: false };
  using tiny = await TinyGame.create({
    ...points,
    net,
    terms: { hinge: {}, intervention: { k: 2 } },
    batch: 1,
  });
  assert.ok(Number.isFinite(tiny.lossOf(["discriminator"])));
});

test("every permutation is as likely", () => {
  const random = uniform(3);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffled(3, random).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  // Five standard deviations of a binomial count.
  for (const count of counts.values())
    assert.ok(Math.abs(count - 1000) < 5 * Math.sqrt(6000 * (1 / 6) * (5 / 6)));
});
