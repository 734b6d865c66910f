import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSetting, parseTerm } from "../../core/base/setting.js";
import { buildGame } from "../../core/config/build.js";
import { composeConfig, resolveConfig } from "../../core/config/config.js";
import type { DataShape } from "../../core/nets/sample.js";
import { adviseOn, commandOf, fits, type Remedy } from "./advice.js";
import { findings } from "./finding.js";

const points: DataShape = { kind: "points", shape: [2], classes: 8 };
const images: DataShape = { kind: "images", shape: [1, 28, 28], classes: 10 };
const rates = {
  generator: { learningRate: 1e-4 },
  discriminator: { learningRate: { from: 2e-3, to: 0, over: { training: 1 } } },
};
const gan = await resolveConfig({ recipe: "gan", preset: "small" });
const dcgan = await resolveConfig({
  recipe: "dcgan",
  preset: "small",
  settings: [{ net: { channels: 4 }, optimizers: rates as never }],
});

test("every remedy makes a composition that can be trained, where it fits, and nowhere else twice", async () => {
  for (const [name, { remedies }] of await findings.all())
    for (const remedy of remedies) {
      const cases = [
        [gan, points],
        [dcgan, images],
      ] as const;
      const fitting = cases.filter(([config, data]) => fits(remedy, config, data));
      assert.ok(fitting.length > 0, `${name}: ${remedy.meaning}`);
      for (const [config, data] of fitting) {
        const changed = await composeConfig(config as never, {
          with: remedy.with?.map(parseTerm) ?? [],
          without: remedy.without ?? [],
          settings: remedy.set?.(config).map(parseSetting) ?? [],
          strict: true,
        });
        const game = await buildGame(changed, data);
        game.dispose();
        assert.equal(changed.recipe, config.recipe);
        assert.ok(!fits(remedy, changed, data), `${name}: ${remedy.meaning} is advised again`);
      }
    }
});

test("a rate is lowered to a tenth, along its whole schedule", async () => {
  const { remedies } = await findings.get("discriminator-wins");
  const lines = adviseOn(remedies, { run: "r", config: dcgan, data: images, checkpoints: [500], began: 100 });
  assert.deepEqual(
    lines.map(([line]) => line),
    [
      "gantry fork r@0 --set net.discriminatorNorm=spectral",
      "gantry fork r@0 --set optimizers.discriminator.learningRate=0.0002..0@training",
    ],
  );
});

test("a fork begins where the remedy says, and has something left to train", () => {
  const place = { run: "my runs/a", config: { ...gan, steps: 1000 }, data: points, began: 600 };
  const remedy = (from: Remedy["from"]): Remedy => ({ meaning: "", with: ["packing"], from });
  const at = (from: Remedy["from"], checkpoints: number[]) =>
    commandOf(remedy(from), { ...place, checkpoints });
  assert.equal(at("start", [500]), "gantry fork 'my runs/a@0' --with packing");
  assert.equal(at("before", [400, 500, 1000]), "gantry fork 'my runs/a@500' --with packing");
  assert.equal(at("before", [800, 1000]), "gantry fork 'my runs/a@0' --with packing");
  assert.equal(at("here", [500, 1000]), "gantry fork 'my runs/a@1000' --with packing --steps 2000");
});
