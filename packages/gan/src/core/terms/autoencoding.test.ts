// Losses whose D is an autoencoder: energy-based with pulling-away (EBGAN), boundary-equilibrium (BEGAN).
import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, scope, setThreads } from "@gantry/torch";
import { filledGame, images, points, stirred } from "../../testing/filledGame.js";
import { readGolden } from "../../testing/golden.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import { AutoencoderDiscriminator } from "../nets/autoencoder.js";

setThreads(1);

const golden = readGolden<{
  code: number;
  energy: Record<string, { margin: number; discriminator: number; generator: number }>;
  balance: Record<
    string,
    {
      gamma: number;
      rate: number;
      steps: { discriminator: number; generator: number; k: number; measure: number }[];
    }
  >;
  pullingAway: number;
}>("terms/autoencoding.json");
const { code } = golden;

for (const [error, { margin, discriminator, generator }] of Object.entries(golden.energy))
  test(`energy-based, error ${error}: what D and G minimise is NumPy's`, async () => {
    using tiny = await filledGame({ "energy-based": { error, margin, code } });
    assertClose([tiny.lossOf(["discriminator"])], [discriminator], 1e-12, "D");
    assertClose([tiny.lossOf(["generator"])], [generator], 1e-12, "G");
  });

test("pulling-away is the mean squared cosine of the codes of different fakes, NumPy's", async () => {
  using tiny = await filledGame({ "energy-based": { code }, "pulling-away": { weight: 0.1 } });
  const losses = tiny.step("generator");
  assertClose([losses.get("generator/pulling-away")!], [0.1 * golden.pullingAway], 1e-12, "PT");
  assert.equal(tiny.step("discriminator").has("discriminator/pulling-away"), false);
});

/** Networks that stand still: a rate at which float64 does not see them move. */
const still = { default: { kind: "sgd", learningRate: 1e-300 } };

for (const [name, { gamma, rate, steps }] of Object.entries(golden.balance))
  test(`boundary-equilibrium, gamma and rate ${name}: losses, k and M are NumPy's, step after step`, async () => {
    const terms = { "boundary-equilibrium": { code, balance: gamma, rate } };
    using tiny = await filledGame(terms, undefined, still);
    for (const [i, expected] of steps.entries()) {
      const judged = tiny.step("discriminator").get("discriminator/boundary-equilibrium");
      const made = tiny.step("generator");
      const found = [
        judged,
        made.get("generator/boundary-equilibrium"),
        made.get("discriminator/k"),
        made.get("discriminator/measure"),
      ];
      const { discriminator, generator, k, measure } = expected;
      assertClose(found as number[], [discriminator, generator, k, measure], 1e-12, `step ${i}`);
    }
  });

const begun = { "boundary-equilibrium": { code, balance: 1, rate: 2 } };

test("k is in checkpoints: another game goes on with it, and it is freed with the game", async () => {
  const before = liveTensors().count;
  {
    using one = await TinyGame.create({ ...points, terms: begun, optimizers: still });
    using other = await TinyGame.create({ ...points, terms: begun, optimizers: still });
    one.iterate(2);
    const state = one.game.terms.get("boundary-equilibrium")!.state!;
    assert.ok(state.save().tensors.get("k")!.item() > 0.1);
    scope(() => other.game.terms.get("boundary-equilibrium")!.state!.load(state.save()));
    assert.equal(other.lossOf(["discriminator"]), one.lossOf(["discriminator"]));
    using fresh = await TinyGame.create({ ...points, terms: begun, optimizers: still });
    assert.notEqual(fresh.lossOf(["discriminator"]), one.lossOf(["discriminator"]));
  }
  assert.equal(liveTensors().count, before);
});

const small = { ...images, net: { ...images.net, discriminatorNorm: "none" } };
const settings: readonly [string, Omit<TinyOptions, "terms">][] = [
  ["points", points],
  ["images", small],
  ["began's networks", { ...images, net: { family: "began", channels: 2, prior: { size: 4 } } }],
];
for (const [what, setting] of settings)
  for (const terms of [
    { "energy-based": { code, margin: 30 }, "pulling-away": {} },
    { "energy-based": { code, error: "squared", margin: 0.4 }, packing: {} },
    { "boundary-equilibrium": { code } },
  ])
    test(`${Object.keys(terms).join(" and ")} on ${what}: gradients match finite differences`, async () => {
      using tiny = stirred(await TinyGame.create({ ...setting, terms }));
      tiny.freezeSingularVectors();
      const options = { perParameter: 2, step: 1e-7, tolerance: 1e-5 };
      checkLossGradient(tiny, ["discriminator"], options);
      checkLossGradient(tiny, ["generator"], options);
    });

test("D is an autoencoder under every contest, and takes penalties and packs", async () => {
  const kinds = async (terms: object) => {
    using tiny = await TinyGame.create({ ...points, terms: { "energy-based": { code }, ...terms } });
    tiny.iterate(1);
    return [...tiny.game.players.values()]
      .filter(({ role }) => role === "discriminator")
      .map(({ name, network }) => [name, network instanceof AutoencoderDiscriminator]);
  };
  assert.deepEqual(await kinds({}), [["discriminator", true]]);
  assert.deepEqual(await kinds({ "manifold-diffusion": {} }), [
    ["discriminator", true],
    ["diffusion", true],
  ]);
  for (const more of [
    { "gradient-penalty": {} },
    { r1: {} },
    { packing: {} },
    { vaegan: {} },
    { "adaptive-weights": {} },
    { "mode-regularizer": {}, reconstruction: {} },
    { unrolled: { steps: 2 } },
  ])
    assert.deepEqual((await kinds(more))[0], ["discriminator", true]);
});

test("what an autoencoder cannot judge is refused, and says why", async () => {
  const refused = (setting: Omit<TinyOptions, "terms">, terms: TinyOptions["terms"], reason: RegExp) =>
    assert.rejects(
      TinyGame.create({ ...setting, terms }),
      (error) => error instanceof UsageError && reason.test(error.message) && !error.message.includes("\n"),
    );
  const energy = { "energy-based": { code } };
  const resnet = { ...images, net: { family: "pacgan", channels: 2, prior: { size: 4 } } };
  await refused(resnet, energy, /D that is an autoencoder, and the pacgan networks have none/);
  await refused(points, { ...energy, ali: {} }, /judges pairs of image and latent/);
  await refused(points, { ...energy, aae: { hidden: [4] } }, /judges something else than images or points/);
  const labelled = { ...images, data: { ...images.data, classes: 3 }, conditional: true };
  await refused(labelled, energy, /an autoencoder sees no labels/);
  await refused(points, { "boundary-equilibrium": {}, vaegan: {} }, /holds one balance/);
  using named = await TinyGame.create({
    ...labelled,
    terms: { ...energy, "auxiliary-classifier": {} },
  });
  named.iterate(1);
});
