import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, setThreads } from "@gantry/torch";
import { images, points, spectral } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";

setThreads(1);

const BATCH = 8;
const dcgan = { ...images, net: { ...images.net, discriminatorNorm: "none", generatorNorm: "virtual" } };
const plain = { ...points, net: { ...points.net, generatorBatchNorm: false } };

type Setting = Omit<TinyOptions, "terms"> & { readonly terms: JsonObject };

/** Compositions in which every sample counts by itself. */
const exact: Readonly<Record<string, Setting>> = {
  "the first GAN": { ...plain, terms: { "non-saturating": {} } },
  "WGAN-GP": {
    ...plain,
    terms: { wasserstein: {}, "gradient-penalty": {} },
    schedule: { discriminatorSteps: 2 },
  },
  "WGAN with clipping": { ...plain, terms: { wasserstein: {}, "weight-clipping": {} } },
  "R3GAN's loss": { ...plain, terms: { relativistic: {}, r1: {}, r2: { term: "r1", stream: "fake" } } },
  "hinge on convolutions": { ...dcgan, terms: { hinge: {} } },
  "spectral norm, whose estimates move once": {
    ...spectral,
    net: { ...spectral.net, generatorNorm: "virtual" },
    terms: { hinge: {} },
  },
  "one pass of D for both sides": { ...dcgan, terms: { hinge: {} }, schedule: { judgeTogether: true } },
  "a larger batch of G": { ...plain, terms: { hinge: {} }, schedule: { generatorBatch: 16 } },
  "adaptive weights": { ...plain, terms: { hinge: {}, "adaptive-weights": {} } },
  "adaptive weights beside a penalty": {
    ...plain,
    terms: { "non-saturating": {}, "gradient-penalty": {}, "adaptive-weights": { variant: "raw" } },
  },
  packs: { ...plain, terms: { "non-saturating": {}, packing: {} } },
  "an encoder and reconstructions": { ...plain, terms: { "non-saturating": {}, "mode-regularizer": {} } },
  labels: {
    ...dcgan,
    data: { kind: "images", shape: [1, 28, 28], classes: 2 },
    conditional: true,
    terms: { hinge: {} },
  },
};

/** All parameters and singular vectors after two iterations, by player. */
async function trained(setting: Setting, accumulate: number): Promise<Record<string, number[]>> {
  const schedule = { ...setting.schedule, accumulate };
  const tiny = await TinyGame.create({ ...setting, batch: BATCH, schedule });
  try {
    tiny.iterate(2);
    return Object.fromEntries(
      [...tiny.game.players.values()].map(({ name, network }) => [
        name,
        [...network.parameters(), ...network.buffers()].flatMap((tensor) => tensor.toNumbers()),
      ]),
    );
  } finally {
    tiny.dispose();
  }
}

for (const [name, setting] of Object.entries(exact))
  test(`${name}: a batch in four parts gives the same weights as a whole one`, async () => {
    const [whole, parts] = [await trained(setting, 1), await trained(setting, 4)];
    for (const [player, values] of Object.entries(whole))
      assertClose(parts[player] ?? [], values, 1e-9, player);
  });

test("the latents of a step are those of a whole batch, and nothing outlives it", async () => {
  const tiny = await TinyGame.create({
    ...plain,
    batch: BATCH,
    terms: { hinge: {}, "adaptive-weights": {} },
    schedule: { accumulate: 4 },
  });
  tiny.iterate(1);
  const before = liveTensors().count;
  tiny.iterate(2);
  assert.equal(liveTensors().count, before);
  tiny.dispose();
});

test("scalars are means over the parts, and the weights are those of the whole batch", async () => {
  const setting = { ...plain, batch: BATCH, terms: { hinge: {}, "adaptive-weights": {} } };
  const told = async (accumulate: number) => {
    const tiny = await TinyGame.create({ ...setting, schedule: { accumulate } });
    const scalars = tiny.step("discriminator");
    tiny.dispose();
    return scalars;
  };
  const [whole, parts] = [await told(1), await told(4)];
  assert.deepEqual([...parts.keys()].sort(), [...whole.keys()].sort());
  for (const [name, value] of whole) assertClose([parts.get(name) ?? Number.NaN], [value], 1e-9, name);
  assert.ok([...whole.keys()].some((name) => name.endsWith("after/real")));
});

const coupledOf = async (setting: Setting): Promise<string[]> => {
  const tiny = await TinyGame.create({ ...setting, batch: BATCH, schedule: { accumulate: 2 } });
  const { coupled } = tiny.game;
  tiny.dispose();
  return coupled;
};

test("what sees the others of a batch says so", async () => {
  assert.deepEqual(
    await coupledOf({ ...plain, terms: { hinge: {}, "gradient-penalty": {}, packing: {} } }),
    [],
  );
  const cases: [string, Setting][] = [
    ["batch norm in the generator and the discriminator", { ...images, terms: { hinge: {} } }],
    [
      "batch norm in the discriminator",
      {
        ...plain,
        net: { ...plain.net, prior: { size: 4 } },
        terms: { hinge: {}, "mutual-information": { continuous: 1 } },
      },
    ],
    ["infomax's negatives", { ...dcgan, terms: { hinge: {}, infomax: { criticUnits: 4 } } }],
    ["feature-matching's means over the batch", { ...plain, terms: { hinge: {}, "feature-matching": {} } }],
    ["relativistic's means over the batch", { ...plain, terms: { relativistic: { variant: "average" } } }],
    [
      "the images that minibatch-discrimination compares",
      { ...plain, terms: { hinge: {}, "minibatch-discrimination": { kernels: 3 } } },
    ],
    [
      "the discriminator's minibatch standard deviation",
      {
        net: { family: "stylegan", prior: { size: 4 }, channels: 4 },
        data: { kind: "images", shape: [1, 8, 8], classes: undefined },
        terms: { hinge: {} },
      },
    ],
  ];
  for (const [line, setting] of cases) assert.deepEqual(await coupledOf(setting), [line]);
});

test("what sees the others of a batch is not the same in parts", async () => {
  const setting = { ...plain, terms: { hinge: {}, "feature-matching": {} } };
  const [whole, parts] = [await trained(setting, 1), await trained(setting, 4)];
  assert.throws(() => assertClose(parts.generator ?? [], whole.generator ?? [], 1e-6, "generator"));
});

test("what cannot come in parts is refused with its reason", async () => {
  const refuse = (setting: Setting & { batch?: number }, accumulate: number, pattern: RegExp) =>
    assert.rejects(
      TinyGame.create({ batch: BATCH, ...setting, schedule: { ...setting.schedule, accumulate } }),
      (error: Error) => error instanceof UsageError && pattern.test(error.message),
    );
  const hinge = { ...plain, terms: { hinge: {} } };
  await refuse(
    hinge,
    3,
    /schedule\.accumulate=3 does not divide batch=8 into equal parts; set batch to .*, as 9$/,
  );
  await refuse(
    { ...hinge, schedule: { generatorBatch: 6 } },
    4,
    /does not divide schedule\.generatorBatch=6 .*, as 8$/,
  );
  await refuse(
    { ...plain, terms: { hinge: {}, unrolled: {} } },
    2,
    /accumulate=2: unrolled looks ahead by updates on the whole batch/,
  );
  await refuse(
    { ...plain, terms: { minimax: {}, vaegan: { features: "global", margin: 0.3 } } },
    2,
    /accumulate=2: vaegan holds players by what the whole batch costs them/,
  );
  await refuse(
    { ...plain, terms: { hinge: {}, packing: { degree: 3 } } },
    2,
    /packs of 3 do not divide a part of 4, one of schedule\.accumulate=2; set batch to a multiple of 6/,
  );
});
