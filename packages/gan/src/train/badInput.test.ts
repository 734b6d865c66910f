// Compositions that make no sense, refused with one clear line before training starts: the list of issue 3.
import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../core/base/errors.js";
import type { JsonObject } from "../core/base/json.js";
import { parseSetting, parseTerm } from "../core/base/setting.js";
import { type Composition, resolveConfig } from "../core/config/config.js";
import { type Dataset, MemoryDataset, sharedBytes } from "../core/data/dataset.js";
import { Game } from "../core/game/game.js";
import { Plan } from "../core/game/plan.js";
import dcgan from "../core/nets/families/dcgan.js";
import { defineFamily } from "../core/nets/family.js";
import { Prior } from "../core/nets/prior.js";
import { terms } from "../core/terms/registry.js";
import { Trainer } from "./trainer.js";

/** Black images, with two classes or none. */
function images(side: number, classes?: readonly string[]): Dataset {
  const count = 8;
  const record = 3 * side * side;
  return new MemoryDataset({
    name: "black",
    kind: "images",
    shape: [3, side, side],
    items: { data: sharedBytes(count * record), record, parts: 1, table: undefined },
    ...(classes === undefined
      ? {}
      : { classes, labels: Int32Array.from({ length: count }, (_, i) => i % 2) }),
  });
}

/** A recipe with terms and settings as on a command line, on data. */
interface Case {
  readonly recipe: string;
  readonly with?: readonly string[];
  readonly set?: readonly string[];
  /** Default: what the recipe names. */
  readonly data?: Dataset;
}

const small: Readonly<Record<string, JsonObject>> = {
  mlp: { data: { count: 16 }, net: { generatorHidden: [4], discriminatorHidden: [4] }, batch: 8 },
  images: { net: { channels: 2, prior: { size: 6 } }, batch: 8 },
};

async function create({ recipe, with: added = [], set = [], data }: Case): Promise<Trainer> {
  const composition: Composition = {
    recipe,
    with: added.map(parseTerm),
    settings: [
      small[data === undefined ? "mlp" : "images"] as JsonObject,
      { threads: 1 },
      ...set.map(parseSetting),
    ],
  };
  return await Trainer.create(await resolveConfig(composition), undefined, data);
}

const labelled = images(32, ["a", "b"]);
const plain = images(32);

const refusals: Readonly<Record<string, [Case, RegExp]>> = {
  "k that does not divide the latent": [
    { recipe: "dcgan", with: ["intervention:k=4"], data: plain },
    /^intervention: a latent of 6 does not divide into 4 equal blocks; take k from 2, 3/,
  ],
  "InfoMax on networks without local features": [
    { recipe: "gan", with: ["infomax"] },
    /^infomax needs a discriminator with local features.*net\.family=resnet or dcgan$/,
  ],
  "a packing degree that does not divide the batch": [
    { recipe: "gan", with: ["packing:degree=3"] },
    /^packs of 3 do not divide a batch of 8; set batch to a multiple of 3$/,
  ],
  "a batch of one under a contrastive loss": [
    { recipe: "infomax-gan", set: ["batch=1"], data: plain },
    /^infomax needs 2 images or more in a batch, to contrast, .*set batch=2 or more$/,
  ],
  "packs that leave one judgement under a contrastive loss": [
    { recipe: "infomax-gan", with: ["packing:degree=8"], data: plain },
    /^infomax needs 2 images or more .* D judges 1 at a time; set batch=16 or more$/,
  ],
  "a conditional recipe with a term, on data without labels": [
    { recipe: "sngan-projection", with: ["infomax"], data: plain },
    /^conditional networks need labels, and this data has none; set conditional=false$/,
  ],
  "labels for networks that take none": [
    { recipe: "began", set: ["conditional=true"], data: labelled },
    /^the began networks take no labels; set conditional=false, or net\.family to .*resnet/,
  ],
  "virtual batch norm for a G without batch norm": [
    { recipe: "stylegan", set: ["net.generatorNorm=virtual"], data: labelled },
    /^net\.generatorNorm: stylegan's G normalises every map of every image by itself.*leave it out$/,
  ],
  "virtual batch norm for a G whose norms are off": [
    { recipe: "gan", set: ["net.generatorBatchNorm=false", "net.generatorNorm=virtual"] },
    /^net\.generatorNorm=virtual: G has no norms to change; set net\.generatorBatchNorm=true too$/,
  ],
  "packs under conditional networks": [
    { recipe: "sngan-projection", with: ["packing"], data: labelled },
    /^a pack of 2 samples has 2 labels, .*set conditional=false or leave packing out$/,
  ],
  "two terms that have D judge something else": [
    { recipe: "ali", with: ["manifold-diffusion"], data: plain },
    /^ali and manifold-diffusion each have D judge something else.*leave one out$/,
  ],
  "a term that looks at images through a D that judges latents": [
    { recipe: "aae", with: ["mode-regularizer"], data: plain },
    /^mode-regularizer looks at images or points through the discriminator.*leave mode-regularizer out$/,
  ],
  "a discriminator that is not there": [
    { recipe: "gan", with: ["weight-clipping:discriminator=critic"] },
    /^weight-clipping: there is no discriminator 'critic'; known: discriminator$/,
  ],
  "a penalty on a discriminator that is not there": [
    { recipe: "gan", with: ["r1:discriminator=critic"] },
    /^r1: there is no discriminator 'critic'; known: discriminator$/,
  ],
  "adaptive weights of a discriminator that is not there": [
    { recipe: "gan", with: ["adaptive-weights:discriminator=generator"] },
    /^adaptive-weights: there is no discriminator 'generator'; known: discriminator$/,
  ],
};

for (const [name, [given, expected]] of Object.entries(refusals))
  test(`refused before training: ${name}`, async () => {
    await assert.rejects(create(given), (error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, expected);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });

test("refused before training: InfoMax on a map of 1x1", async () => {
  // No family here makes one at the sizes it takes; another might.
  const tiny = defineFamily({
    ...dcgan,
    name: "tiny",
    discriminator(options, request) {
      const network = dcgan.discriminator(options, request);
      const featureShapes = { ...network.featureShapes, local: [2, 1, 1] };
      return Object.defineProperty(network, "featureShapes", { value: featureShapes });
    },
  });
  const plan = new Plan({
    data: { kind: "images", shape: [3, 32, 32], classes: undefined },
    prior: new Prior({ size: 4, distribution: "normal" }),
    batch: 4,
    classes: undefined,
    family: tiny,
    familyOptions: tiny.options.parse({ channels: 1 }),
    discriminatorSteps: 1,
  });
  const infomax = await terms.get("infomax");
  const made = new Map([["infomax", infomax.make(infomax.options.parse({}) as never)]]);
  const optimizer = () => assert.fail("optimizers come after");
  assert.throws(
    () => new Game(plan, made, { optimizer }),
    (error) => error instanceof UsageError && /map is 1x1; use larger images$/.test(error.message),
  );
});

test("an encoder term on a recipe without an encoder adds the family's, which updates along with G", async () => {
  const trainer = await create({ recipe: "gan", with: ["reconstruction"] });
  assert.equal(trainer.game.players.get("encoder")?.role, "encoder");
  assert.deepEqual(
    trainer.game.phases.map(({ update }) => update),
    [["discriminator"], [["generator", "encoder"]]],
  );
  await trainer.close();
});

test("a term may name a discriminator that a later one brings", async () => {
  const terms = ["adaptive-weights:discriminator=diffusion", "manifold-diffusion"];
  const trainer = await create({ recipe: "gan", with: terms });
  for await (const { scalars } of trainer.run(1)) assert.ok(scalars?.["diffusion/weights/case"]);
  await trainer.close();
});

test("a composition that teaches a player nothing is refused in its first iteration", async () => {
  const cases: [terms: JsonObject, expected: RegExp][] = [
    [{ "non-saturating": null }, /^the discriminator would learn nothing: there are no terms; add one/],
    [
      { "non-saturating": null, r1: {} },
      /^the generator would learn nothing: of the terms \(r1\) none gives a loss for it; add one/,
    ],
  ];
  for (const [changed, expected] of cases) {
    const settings = [small.mlp as JsonObject, { threads: 1, steps: 3 }, { terms: changed }];
    const trainer = await Trainer.create(await resolveConfig({ recipe: "gan", settings }));
    try {
      await assert.rejects(trainer.run().next(), { name: "UsageError", message: expected });
    } finally {
      await trainer.close();
    }
  }
});
