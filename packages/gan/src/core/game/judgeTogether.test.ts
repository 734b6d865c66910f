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
  for (const [name, options] of Object.entries(composition)) {
    const definition = await terms.get(name);
    made[name] = definition.make(definition.options.parse(options) as never);
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
      judgements: ["real", "fake"].map((stream) =>
        play.judge("discriminator", stream).features.global.toNumbers(),
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
