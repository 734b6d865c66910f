// Penalties on D's slope, where D judges something else than single images of the streams real and fake.
import { test } from "node:test";
import { grad, scope, type Tensor, torch } from "@gantry/torch";
import { images, points } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import type { Discriminator } from "../nets/contract.js";

const compositions = [
  { packing: {} },
  { ali: {} },
  { ali: {}, packing: {} },
  { veegan: {} },
  { aae: { hidden: [5] } },
  { vaegan: {} },
  { "manifold-diffusion": {} },
];

for (const penalty of ["gradient-penalty", "r1"])
  for (const terms of compositions)
    test(`${penalty} with ${Object.keys(terms).join(" and ")}: gradients of D match finite differences`, async () => {
      using tiny = await TinyGame.create({
        ...points,
        terms: { "non-saturating": {}, ...terms, [penalty]: {} },
      });
      checkLossGradient(tiny, ["discriminator"]);
    });

/** Slopes of D's scores by all that it judges of given samples, a row a judgement; D's views given as concatenation. */
function byHand(tiny: TinyGame, image: Tensor, latent?: Tensor): number[] {
  const network = tiny.game.network<Discriminator>("discriminator");
  const inputs = [image, ...(latent === undefined ? [] : [latent])].map((each) =>
    each.detach().requiresGrad_(),
  );
  const sample = { image: inputs[0] as Tensor, latent: inputs[1] };
  const scores = network.score(network.features(sample), sample);
  const slopes = grad(scores.sum(), inputs).map((each) => (each as Tensor).flatten(1));
  return torch.cat(slopes, 1).square().sum([1]).toNumbers();
}

const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test("under packing R1 is the slope along whole packs, on points and on images", async () => {
  for (const setting of [points, images]) {
    const net = { ...setting.net, ...(setting === images ? { discriminatorNorm: "none" } : {}) };
    using tiny = await TinyGame.create({
      ...setting,
      net,
      terms: { hinge: {}, packing: {}, r1: { gamma: 2 } },
    });
    const found = tiny.step("discriminator", { logging: false }).get("discriminator/r1") as number;
    using fresh = await TinyGame.create({
      ...setting,
      net,
      terms: { hinge: {}, packing: {}, r1: { gamma: 2 } },
    });
    const [first = 0, ...rest] = setting.data.shape;
    scope(() => {
      const packs = fresh.real.image.reshape([2, 2 * first, ...rest]);
      assertClose([found], [meanOf(byHand(fresh, packs))], 1e-12, "r1");
    });
  }
});

test("with ALI, R1 is the slope by image and latent together, at the encoded pairs", async () => {
  const terms = { hinge: {}, ali: { stochastic: false }, r1: { gamma: 2 } };
  using tiny = await TinyGame.create({ ...points, terms });
  const expected = scope(() => {
    const { image, latent } = tiny.play([]).stream("encoded");
    return meanOf(byHand(tiny, image, latent));
  });
  const found = tiny.step("discriminator", { logging: false }).get("discriminator/r1") as number;
  assertClose([found], [expected], 1e-12, "r1");
});
