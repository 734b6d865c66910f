import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { noGrad, scope, torch } from "@gantry/torch";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../../testing/runs.js";
import { resumeRun, startRun } from "../../train/train.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import type { Discriminator } from "../nets/contract.js";
import { readState, writeCheckpoint } from "../run/checkpoints.js";
import { Sampler } from "./sampler.js";

const folder = await temporaryFolder();
const images = await writeImages(folder);

async function trained(name: string, recipe: string, settings: JsonObject = {}): Promise<string> {
  const path = join(folder, name);
  await finish(await startRun(await tinyConfig(recipe, images, { steps: 2 }, settings), path));
  return path;
}

for (const [name, recipe, settings] of [
  ["points", "gan", {}],
  ["images", "dcgan", {}],
  ["classes", "cgan", {}],
  ["pairs", "dcgan", { terms: { ali: {} } }],
] as const)
  test(`scores are the discriminator's, in evaluation mode: ${name}`, async () => {
    const path = await trained(name, recipe, settings);
    const sampler = await Sampler.open(path, { judge: true });
    const latents = sampler.latents(7, 3);
    const labels = sampler.classes === undefined ? undefined : Int32Array.of(3, 1, 4, 1, 5, 9, 2);
    const parts = [...sampler.judged(latents, labels)];
    const scores = parts.flatMap((part) => [...part.scores]);
    assert.equal(scores.length, 7);
    assert.deepEqual(
      parts.flatMap((part) => [...part.samples]),
      [...sampler.samples(latents, labels)].flatMap((part) => [...part]),
    );
    const { trainer } = await resumeRun(path);
    const network = trainer.game.network<Discriminator>("discriminator").train(false);
    const samples = parts.flatMap((part) => [...part.samples]);
    const expected = noGrad(() =>
      scope(() => {
        const image = torch.fromTypedArray(Float32Array.from(samples), [7, ...sampler.data.shape]);
        const latent = torch.fromTypedArray(latents, [7, sampler.latentSize]);
        const label = labels && torch.fromTypedArray(labels).to({ dtype: "int64" });
        const sample = { image, latent: name === "pairs" ? latent : undefined, label };
        return network.score(network.features(sample), sample).toNumbers();
      }),
    );
    for (const [i, score] of scores.entries())
      assert.ok(Math.abs(score - expected[i]!) < 1e-4, `${score}, expected ${expected[i]}`);
    await trainer.close();
    sampler.close();
  });

test("what judges no single samples is refused, and so is a checkpoint that keeps no discriminator", async () => {
  const refused = async (path: string, reason: RegExp) =>
    await assert.rejects(
      Sampler.open(path, { judge: true }),
      (error) => error instanceof UsageError && reason.test(error.message),
    );
  await refused(await trained("packs", "gan", { terms: { packing: { degree: 2 } } }), /judges packs of 2/);
  await refused(await trained("codes", "aae"), /judges something else/);
  const path = await trained("alone", "gan");
  const checkpoints = join(path, "checkpoints");
  const step = join(checkpoints, "step-000002");
  const names = (await readdir(step)).filter((name) => name.startsWith("generator"));
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(join(step, name))] as const),
  );
  const { checksum: _, format: __, files: ___, ...state } = await readState(step);
  await writeCheckpoint(checkpoints, 2, new Map(files), state);
  await refused(path, /keeps no discriminator/);
  const sampler = await Sampler.open(path);
  assert.equal([...sampler.samples(sampler.latents(2, 1))].length, 1);
  assert.throws(() => sampler.judged(sampler.latents(2, 1)).next(), /judge: true/);
  sampler.close();
});
