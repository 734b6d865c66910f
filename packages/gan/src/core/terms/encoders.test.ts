// The baselines with encoders: VAEGAN, ALI, AAE, VEEGAN.
import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, manualSeed, scope, type Tensor, torch } from "@gantry/torch";
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
import { Plan } from "../game/plan.js";
import { Encoder, type Encoding } from "../nets/contract.js";
import mlp from "../nets/families/mlp.js";
import { defineFamily } from "../nets/family.js";
import { Prior } from "../nets/prior.js";

const close = (value: number, expected: number | undefined, what: string) =>
  assertClose([value], [expected!], 1e-12, what);

const both = ["generator", "encoder"];

test("VAEGAN: KL, error in D's features, and each player's share match NumPy", async () => {
  using tiny = await filledGame({ minimax: {}, vaegan: { weight: 0.1 } });
  for (const player of ["encoder", "generator", "discriminator"])
    close(lossIn(tiny, "together", [player]), methods.vaegan![player], player);
});

test("ALI: matches the code's softplus form in NumPy; E fools D with its pairs", async () => {
  using tiny = await filledGame({ "non-saturating": {}, ali: {} });
  close(lossIn(tiny, "discriminator", ["discriminator"]), methods.ali!.discriminator, "D");
  close(lossIn(tiny, "generator", both), methods.ali!.team, "G and E");
});

test("VEEGAN: omega, theta and gamma match NumPy; F does not play against D", async () => {
  using tiny = await filledGame({ "log-ratio": {}, veegan: {} });
  for (const player of ["discriminator", "encoder", "generator"])
    close(lossIn(tiny, undefined, [player]), methods.veegan![player], player);
  close(lossIn(tiny, "generator", both), methods.veegan!.generator, "a team counts what it shares once");
});

test("AAE: both phases match NumPy", async () => {
  using tiny = await filledGame({ "non-saturating": {}, aae: { hidden: [6, 3] } });
  close(lossIn(tiny, "reconstruction", both), methods.aae!.reconstruction, "reconstruction");
  close(lossIn(tiny, "discriminator", ["discriminator"]), methods.aae!.discriminator, "D");
  close(lossIn(tiny, "regularisation", ["encoder"]), methods.aae!.regularisation, "regularisation");
});

const compositions = {
  vaegan: { minimax: {}, vaegan: { weight: 0.1 } },
  "vaegan, global": { hinge: {}, vaegan: { weight: 0.5, features: "global" } },
  ali: { "non-saturating": {}, ali: {} },
  "ali, deterministic": { "non-saturating": {}, ali: { stochastic: false } },
  veegan: { "log-ratio": {}, veegan: {} },
  aae: { "non-saturating": {}, aae: { hidden: [6, 3] } },
  "aae, stochastic": { "least-squares": {}, aae: { hidden: [4], stochastic: true, distance: "l1" } },
} as const;

for (const [name, terms] of Object.entries(compositions))
  test(`${name}: gradients match finite differences, every parameter moves, nothing leaks`, async () => {
    for (const setting of [points, images, spectral]) {
      using tiny = await TinyGame.create({ ...setting, terms });
      stirred(tiny).freezeSingularVectors();
      for (const phase of tiny.game.phases) {
        tiny.phase = phase.name;
        // Teams of one phase have losses of their own.
        for (const team of phase.update)
          checkLossGradient(tiny, typeof team === "string" ? [team] : team, { perParameter: 1 });
      }
      assert.deepEqual(
        unmoved(tiny).filter((parameter) => !parameter.endsWith("last.bias")),
        [],
      );
      const live = liveTensors().count;
      tiny.iterate(2);
      assert.equal(liveTensors().count, live);
    }
  });

test("each runs under every adversarial loss", async () => {
  for (const loss of ["non-saturating", "minimax", "hinge", "least-squares", "wasserstein", "log-ratio"])
    for (const [method, options] of Object.entries({
      vaegan: {},
      ali: {},
      veegan: {},
      aae: { hidden: [4] },
    })) {
      using tiny = await TinyGame.create({ ...points, terms: { [loss]: {}, [method]: options } });
      tiny.iterate(2);
      assert.ok(tiny.weights().every(Number.isFinite), `${method} under ${loss}`);
    }
});

test("the encoder draws mean + exp(logVariance / 2) * noise, from LibTorch's generator", async () => {
  using tiny = await TinyGame.create({ ...points, terms: { "non-saturating": {}, ali: {} } });
  scope(() => {
    manualSeed(5);
    const { latent, mean, logVariance } = tiny.play([]).encode("real");
    manualSeed(5);
    const noise = torch.randn([4, 4], { dtype: "float64" });
    const expected = mean!.add(logVariance!.div(2).exp().mul(noise));
    assertClose(latent.toNumbers(), expected.toNumbers(), 1e-14, "latent");
  });
});

test("the encoder is stochastic where one of its terms asks for that, whichever comes first", async () => {
  for (const [terms, kind] of [
    [{ aae: {} }, "deterministic"],
    [{ aae: { stochastic: true } }, "stochastic"],
    [{ ali: {}, reconstruction: {} }, "stochastic"],
    [{ reconstruction: {}, ali: {} }, "stochastic"],
    [{ "non-saturating": {} }, undefined],
  ] as const) {
    const adversarial = "aae" in terms ? {} : { "non-saturating": {} };
    using tiny = await TinyGame.create({ ...points, terms: { ...adversarial, ...terms } });
    assert.equal(tiny.game.encoderKind, kind, JSON.stringify(terms));
  }
});

test("VAEGAN holds who is too far ahead, and nobody when both are", async () => {
  // A cost on fakes below equilibrium - margin holds D; one above equilibrium + margin holds G.
  for (const [equilibrium, still] of [
    [100, "discriminator"],
    [0, "generator"],
    [0.68, undefined],
  ] as const) {
    const terms = { minimax: {}, vaegan: { margin: 0.35, equilibrium } };
    using tiny = await TinyGame.create({ ...points, terms });
    const values = () =>
      [...tiny.game.players.keys()].map(
        (name) => [name, tiny.parameters(name).flatMap((parameter) => parameter.toNumbers())] as const,
      );
    const before = values();
    tiny.step("together");
    const after = new Map(values());
    const held = before.filter(([name, then]) => after.get(name)!.join() === then.join());
    assert.deepEqual(
      held.map(([name]) => name),
      still === undefined ? [] : [still],
    );
  }
  using torn = await TinyGame.create({ ...points, terms: { minimax: {}, vaegan: { margin: 0 } } });
  // Reals cost less than the equilibrium and fakes more: D would be held, and G too.
  scope(() => torn.game.network("discriminator").stateDict().get("last.bias")!.detach().add_(1));
  assert.equal(unmoved(torn, 1).length, 0);
});

test("several steps of D come before the one in which all of VAEGAN update, several of G after it; MDGAN's G has as many", async () => {
  const schedule = { discriminatorSteps: 3, generatorSteps: 4 };
  using tiny = await TinyGame.create({
    ...points,
    schedule,
    terms: { minimax: {}, vaegan: { weight: 0.25 } },
  });
  assert.deepEqual(
    tiny.game.phases.map(({ name, steps, against }) => [name, steps, against?.discriminator]),
    [
      ["discriminator", 2, undefined],
      ["together", 1, 0.75],
      ["generator", 3, 0.75],
    ],
  );
  using two = await TinyGame.create({
    ...points,
    schedule,
    terms: { minimax: {}, "manifold-diffusion": {} },
  });
  assert.deepEqual(
    two.game.phases.map(({ steps }) => steps),
    [3, 4, 3, 4],
  );
});

test("an adversarial term that names an unknown discriminator or stream is refused", async () => {
  for (const [option, message] of [
    [{ discriminator: "critic" }, /the discriminator 'critic', and there is none/],
    [{ real: "prior" }, /the stream 'prior', and there is none; known: real, fake$/],
  ] as const)
    await assert.rejects(
      TinyGame.create({ ...points, terms: { hinge: { ...option } } }),
      (error) => error instanceof UsageError && message.test(error.message),
    );
});

test("an encoder whose latents the generator cannot take is refused", () => {
  class Wide extends Encoder {
    readonly inputShape = [2];
    readonly latentSize = 6;
    forward(): Encoding {
      throw new Error("never asked");
    }
  }
  const family = defineFamily({ ...mlp, name: "wide", encoder: () => new Wide() });
  const plan = new Plan({
    data: points.data,
    prior: new Prior({ size: 4, distribution: "normal" }),
    batch: 4,
    classes: undefined,
    family,
    familyOptions: {},
    discriminatorSteps: 1,
  });
  plan.addEncoder();
  assert.throws(
    () => plan.players.get("encoder")?.make(),
    (error) => error instanceof UsageError && /latents of 6, and the generator takes 4/.test(error.message),
  );
});

test("every recipe and its small preset resolve, and fit on a screen", async () => {
  for (const recipe of ["reg-gan", "mdgan", "vaegan", "ali", "aae", "veegan", "ivlsgan", "ivdcgan"]) {
    const full = await resolveConfig({ recipe });
    const small = await resolveConfig({ recipe, preset: "small" });
    assert.deepEqual(Object.keys(small.terms).sort(), Object.keys(full.terms).sort(), recipe);
    assert.ok((small.net.channels as number) < (full.net.channels as number), recipe);
    const onPoints = { recipe: "gan", preset: "small", with: [{ name: "ali", options: {} }] };
    assert.ok((await resolveConfig(onPoints)).terms.ali);
  }
});

test("VAEGAN's reconstruction is measured in the features that are asked for", async () => {
  for (const features of ["local", "global"] as const) {
    using tiny = await TinyGame.create({ ...images, terms: { minimax: {}, vaegan: { features } } });
    scope(() => {
      const play = tiny.play(["encoder", "generator"]);
      const losses = tiny.game.terms.get("vaegan")?.loss?.("encoder", play);
      assert.ok(Array.isArray(losses));
      const found = losses[1] as Tensor;
      const [made, real] = ["reconstruction", "real"].map((stream) =>
        (play.look("discriminator", stream)[features] as Tensor).toNumbers(),
      ) as [number[], number[]];
      const squares = made.reduce((sum, value, i) => sum + (value - (real[i] as number)) ** 2, 0);
      assertClose([found.item()], [squares / 2 / 4], 1e-10, features);
    });
  }
});

test("an adversarial term's weight counts for whoever made the reals too", async () => {
  const lossOf = async (weight: number) => {
    using tiny = await filledGame({ "non-saturating": { weight }, ali: { stochastic: false } });
    return lossIn(tiny, "generator", ["encoder"]);
  };
  const once = await lossOf(1);
  assert.ok(Math.abs(once) > 1e-3);
  assertClose([await lossOf(3)], [3 * once], 1e-12, "three times");
});

test("VAEGAN leaves D its other steps, one by one", async () => {
  for (const discriminatorSteps of [1, 2, 3]) {
    using tiny = await TinyGame.create({
      ...points,
      terms: { minimax: {}, vaegan: {} },
      schedule: { discriminatorSteps },
    });
    const found = tiny.game.phases.map(({ name, steps }) => `${name} ${steps}`);
    const own = discriminatorSteps > 1 ? [`discriminator ${discriminatorSteps - 1}`] : [];
    assert.deepEqual(found, [...own, "together 1"]);
  }
});
