import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, RandomGenerator, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { adHocGame, stepOptions } from "../../testing/adHocGame.js";
import { assertClose } from "../../testing/networks.js";
import type { Discriminator } from "../nets/contract.js";
import { families } from "../nets/family.js";
import type { DataShape } from "../nets/sample.js";
import { terms } from "../terms/registry.js";
import type { Game } from "./game.js";
import { Play } from "./play.js";
import type { Term } from "./term.js";

setThreads(1);

const IMAGES: DataShape = { kind: "images", shape: [3, 32, 32], classes: undefined };

async function make(composition: Readonly<Record<string, object>>): Promise<Record<string, Term>> {
  const made: Record<string, Term> = {};
  for (const [name, given] of Object.entries(composition)) {
    const { term = name, ...options } = given as { term?: string };
    const definition = await terms.get(term);
    made[name] = definition.make(definition.options.parse(options) as never, name);
  }
  return made;
}

/** What D minimises in a step, its gradient, and how often it was passed through. */
function judged(game: Game, shape: readonly number[], batch: number) {
  const discriminator = game.network<Discriminator>("discriminator");
  const features = discriminator.features.bind(discriminator);
  const passes: number[] = [];
  discriminator.features = (sample) => {
    passes.push(sample.image.size(0));
    return features(sample);
  };
  return scope(() => {
    const image = torch.randn([batch, ...shape], { generator: new RandomGenerator(4), dtype: "float64" });
    const options = stepOptions(() => ({ image }), { batch });
    const play = new Play(game, { ...options, updating: new Set(["discriminator"]) });
    const losses = game.losses(["discriminator"], play);
    const total = [...losses.splits.flatMap(({ real, fake }) => [real, fake]), ...losses.wholes].reduce(
      (sum, part) => sum.add(part),
    );
    const gradients = grad(total, discriminator.parameters(), { allowUnused: true });
    return {
      passes,
      scalars: [...play.scalars.keys()],
      loss: total.item(),
      gradients: gradients.map((gradient) => gradient?.toNumbers() ?? []),
      judgements: game.contests.flatMap(({ real, fake }) =>
        [real, fake].map((stream) => play.judge("discriminator", stream).features.global.toNumbers()),
      ),
      buffers: discriminator.buffers().map((buffer) => buffer.toNumbers()),
    };
  });
}

for (const [what, family, net, data, batch, composition] of [
  [
    "packs of points",
    "mlp",
    undefined,
    undefined,
    6,
    { "non-saturating": {}, packing: { degree: 3 }, "gradient-penalty": {} },
  ],
  [
    "images, with a task on features",
    "dcgan",
    { discriminatorNorm: "none", channels: 4 },
    IMAGES,
    3,
    { "least-squares": {}, infomax: { criticUnits: 8 } },
  ],
  [
    "images, normalised over each side's batch, in packs",
    "dcgan",
    { channels: 16 },
    IMAGES,
    4,
    { "non-saturating": {}, packing: { degree: 2 } },
  ],
] as const)
  test(`one pass over reals and fakes is two passes, to rounding: ${what}`, async () => {
    const options = { family, batch, ...(net && { net: await full(family, net) }), ...(data && { data }) };
    const shape = data?.shape ?? [2];
    const together = judged(await adHocGame(await make(composition), options), shape, batch);
    const apart = judged(
      await adHocGame(await make(composition), { ...options, judgeTogether: false }),
      shape,
      batch,
    );
    const rows = "packing" in composition ? batch / composition.packing.degree : batch;
    assert.deepEqual(together.passes.slice(0, 1), [2 * rows]);
    assert.deepEqual(apart.passes.slice(0, 2), [rows, rows]);
    assert.equal(together.passes.length, apart.passes.length - 1);
    assert.deepEqual(together.scalars.sort(), apart.scalars.sort());
    assert.ok(Math.abs(together.loss - apart.loss) < 1e-12 * Math.abs(apart.loss));
    assert.ok(apart.gradients.some((gradient) => gradient.some((value) => value !== 0)));
    for (const part of ["gradients", "judgements", "buffers"] as const)
      for (const [i, expected] of apart[part].entries())
        assertClose(together[part][i] as number[], expected, 1e-11, `${part} ${i}`);
  });

async function full(family: string, net: object): Promise<object> {
  return (await families.get(family)).options.parse(net);
}

test("with spectral norm only where asked for: then its power iteration moves once a step", async () => {
  const moves = async (judgeTogether: boolean | null) => {
    const net = await full("resnet", { channels: 8 });
    const game = await adHocGame(await make({ hinge: {} }), {
      family: "resnet",
      net,
      data: IMAGES,
      judgeTogether,
    });
    const discriminator = game.network("discriminator");
    const named = (name: string): Tensor => {
      const [key, tensor] = [...discriminator.namedParameters(), ...discriminator.namedBuffers()].find(
        ([key]) => key.endsWith(name),
      ) as [string, Tensor];
      assert.ok(key);
      return tensor;
    };
    return scope(() => {
      const weight = named("weight_orig");
      const matrix = weight.contiguous().flatten(1).clone();
      let u = named("weight_u").clone();
      const after = [u.toNumbers()];
      for (let i = 0; i < 2; i++) {
        const v = matrix.t().mv(u);
        const image = matrix.mv(v.div(v.vectorNorm()));
        u = image.div(image.vectorNorm());
        after.push(u.toNumbers());
      }
      judged(game, IMAGES.shape, 2);
      const now = named("weight_u").toNumbers();
      return after.findIndex((expected) => expected.every((value, i) => Math.abs(value - now[i]!) < 1e-10));
    });
  };
  assert.equal(await moves(null), 2);
  assert.equal(await moves(false), 2);
  assert.equal(await moves(true), 1);
});

test("asked for where it would be another function, it is refused", async () => {
  const refused = /judgeTogether=true: .*leave it out/;
  const points = { judgeTogether: true };
  await assert.rejects(
    async () => adHocGame(await make({ hinge: {}, "adaptive-weights": {} }), points),
    refused,
  );
});

/** All that look at D's slope, one of them twice. */
const SLOPES = { r1: {}, r2: { term: "r1", stream: "fake" }, "gradient-penalty": {} };
const PLAIN = { discriminatorNorm: "none", channels: 4 };

for (const [what, family, net, data, batch, composition, passes] of [
  ["points", "mlp", undefined, undefined, 6, { hinge: {}, ...SLOPES }, [12, 18]],
  ["packs", "mlp", undefined, undefined, 6, { hinge: {}, ...SLOPES, packing: { degree: 3 } }, [4, 6]],
  ["pairs", "mlp", undefined, undefined, 6, { hinge: {}, ...SLOPES, ali: { stochastic: false } }, [12, 18]],
  ["images", "dcgan", PLAIN, IMAGES, 3, { "non-saturating": {}, ...SLOPES }, [6, 9]],
  [
    "several contests",
    "mlp",
    undefined,
    undefined,
    6,
    { hinge: {}, vaegan: {}, "gradient-penalty": {} },
    [12, 6, 12],
  ],
  // The rule takes what D says of each side apart, with and without. Every image gets the same noise.
  [
    "noisy images, with weighed parts",
    "dcgan",
    PLAIN,
    IMAGES,
    3,
    { hinge: {}, "instance-noise": {}, ...SLOPES, "adaptive-weights": {} },
    [3, 3, 9],
  ],
] as const)
  test(`R1, R2 and gradient penalties cost one more pass, and are as with a pass each: ${what}`, async () => {
    const options = { family, batch, ...(net && { net: await full(family, net) }), ...(data && { data }) };
    const shape = data?.shape ?? [2];
    const together = judged(await adHocGame(await make(composition), options), shape, batch);
    const apart = judged(
      await adHocGame(await make(composition), { ...options, judgeTogether: false }),
      shape,
      batch,
    );
    assert.deepEqual(together.passes, passes);
    const slopes = passes.at(-1)! / apart.passes[0]!;
    assert.ok(slopes > 1 && apart.passes.slice(-slopes).every((rows) => rows === apart.passes[0]));
    assert.ok(Math.abs(together.loss - apart.loss) < 1e-12 * Math.abs(apart.loss));
    assert.ok(apart.gradients.some((gradient) => gradient.some((value) => value !== 0)));
    for (const [i, expected] of apart.gradients.entries())
      assertClose(together.gradients[i] as number[], expected, 1e-11, `gradient ${i}`);
  });

test("with batch norm each slope has a pass of its own", async () => {
  const options = { family: "dcgan", net: await full("dcgan", { channels: 4 }), data: IMAGES, batch: 3 };
  const { passes } = judged(await adHocGame(await make({ hinge: {}, ...SLOPES }), options), IMAGES.shape, 3);
  assert.deepEqual(passes, [6, 3, 3, 3]);
});
