import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveConfig } from "../config/config.js";

test("infomax-gan, ssgan and both at once are sngan with their terms", async () => {
  const sngan = await resolveConfig({ recipe: "sngan" });
  for (const [recipe, terms] of [
    ["infomax-gan", ["hinge", "infomax"]],
    ["ssgan", ["hinge", "rotation"]],
    ["ssgan-infomax", ["hinge", "infomax", "rotation"]],
  ] as const) {
    const config = await resolveConfig({ recipe });
    assert.deepEqual({ ...config, recipe: "sngan", terms: sngan.terms }, sngan);
    assert.deepEqual(Object.keys(config.terms).sort(), terms);
    const { infomax, rotation } = config.terms as Record<string, Record<string, unknown>>;
    if (infomax !== undefined)
      assert.deepEqual([infomax.alpha, infomax.beta, infomax.criticUnits], [0.2, 0.2, 1024]);
    if (rotation !== undefined)
      assert.deepEqual([rotation.alpha, rotation.beta, rotation.form], [0.2, 1, "every"]);
    const small = await resolveConfig({ recipe, preset: "small" });
    assert.deepEqual(small.terms, config.terms);
    assert.ok((small.net.channels as number) < (config.net.channels as number));
  }
  const published = await resolveConfig({ recipe: "infomax-gan", preset: "public" });
  assert.equal((published.terms.infomax as { variant?: string }).variant, "public");
  assert.equal(published.net.shortcutActivation, "public");
});

test("the recipes of the adaptive weighted discriminator change what the paper changes", async () => {
  const sngan = await resolveConfig({ recipe: "sngan" });
  const weighted = await resolveConfig({ recipe: "aw-sngan" });
  assert.deepEqual(Object.keys(weighted.terms), ["hinge", "adaptive-weights"]);
  assert.deepEqual(weighted.net, sngan.net);
  assert.deepEqual(weighted.schedule, { ...sngan.schedule, generatorBatch: 128 });
  assert.equal(weighted.steps, 50_000);
  assert.deepEqual(weighted.terms["adaptive-weights"], {
    variant: "normalized",
    real: 1,
    fake: 1,
    low: 0.5,
    high: 0.75,
    margin: 0.05,
    epsilon: 0.05,
    smoothing: 1e-4,
    discriminator: "discriminator",
  });
  const conditional = await resolveConfig({ recipe: "aw-sngan-projection", preset: "small" });
  assert.equal(conditional.conditional, true);
  assert.deepEqual(conditional.terms, weighted.terms);
});

test("r3gan is its loss with R1 and R2, on the ring with the networks and steps of gan", async () => {
  for (const preset of [undefined, "stacked-mnist", "small", "ring"]) {
    const { terms } = await resolveConfig({ recipe: "r3gan", preset });
    assert.deepEqual(Object.keys(terms), ["relativistic", "r1", "r2"]);
    assert.deepEqual(terms.r2, { ...terms.r1, term: "r1", stream: "fake" });
  }
  const ring = await resolveConfig({ recipe: "r3gan", preset: "ring" });
  const gan = await resolveConfig({ recipe: "gan", preset: "small" });
  for (const part of ["data", "net", "batch", "steps", "schedule"] as const)
    assert.deepEqual(ring[part], gan[part], part);
});

test("unrolled and aw-gan play one game on the ring", async () => {
  const unrolled = await resolveConfig({ recipe: "unrolled" });
  const weighted = await resolveConfig({ recipe: "aw-gan" });
  assert.deepEqual(Object.keys(unrolled.terms), ["minimax", "unrolled"]);
  assert.deepEqual(Object.keys(weighted.terms), ["minimax", "adaptive-weights"]);
  assert.deepEqual({ ...weighted, recipe: "unrolled", terms: unrolled.terms }, unrolled);
  assert.equal(unrolled.batch, 512);
  assert.equal(unrolled.steps, 25_000);
  const small = await resolveConfig({ recipe: "aw-gan", preset: "small" });
  assert.deepEqual(small.net, weighted.net);
  assert.ok(small.steps < weighted.steps);
});
