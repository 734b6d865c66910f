import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads, type Tensor } from "@gantry/torch";
import { resolveConfig } from "../config/config.js";
import type { JsonObject } from "../config/merge.js";
import { TinyGame } from "../game/testing.js";
import { assertClose, fillNetwork, patternTensor, readGolden, summary } from "../nets/testing.js";

setThreads(1);

type Golden = Record<"generator" | "discriminator", Record<string, [number, number]>>;
const golden = readGolden<Record<string, Golden>>("../golden/mimicry/training.json");

/** The steps of make_golden.py: of the recipe as the command has it, made small. */
async function trained(recipe: string, preset: string): Promise<Golden> {
  const config = await resolveConfig({
    recipe,
    preset,
    settings: [
      { net: { channels: 8, prior: { size: 6 } }, schedule: { discriminatorSteps: 2 } },
      ...(recipe === "infomax-gan" ? [{ terms: { infomax: { criticUnits: 16 } } }] : []),
    ],
  });
  let drawn = 0;
  let shown = 0;
  using tiny = await TinyGame.create({
    net: config.net as JsonObject,
    data: { kind: "images", shape: [3, 32, 32], classes: undefined },
    terms: config.terms as JsonObject,
    optimizers: config.optimizers,
    schedule: config.schedule,
    latents: () => patternTensor(`latent ${++drawn}`, [4, 6], 3),
  });
  const { game } = tiny;
  const networks = ["generator", "discriminator"].map(
    (name) => [name, fillNetwork(game.network(name))] as const,
  );
  for (let iteration = 0; iteration < 3; iteration++)
    for (const phase of game.phases)
      for (let step = 0; step < phase.steps; step++) {
        if (phase.real === "fresh") shown++;
        tiny.step(phase, { real: () => ({ image: patternTensor(`images ${shown}`, [4, 3, 32, 32], 2) }) });
      }
  return scope(() =>
    Object.fromEntries(
      networks.map(([name, network]) => [
        name,
        Object.fromEntries(
          [...network.stateDict()].map(([key, tensor]: [string, Tensor]) => [key, summary(key, tensor)]),
        ),
      ]),
    ),
  ) as Golden;
}

for (const recipe of ["sngan", "ssgan", "infomax-gan"])
  test(`${recipe} --preset public has, after nine steps, the weights and buffers of kwotsin/mimicry's own code`, async () => {
    const found = await trained(recipe, "public");
    const expected = golden[recipe] as Golden;
    for (const player of ["generator", "discriminator"] as const) {
      // SSGAN's code has a spectral norm of its own, which keeps no v.
      const known = Object.keys(found[player]).filter(
        (name) => name in expected[player] || !name.endsWith("weight_v"),
      );
      assert.deepEqual(known.sort(), Object.keys(expected[player]).sort());
      for (const [name, sums] of Object.entries(expected[player]))
        assertClose(found[player][name] as number[], sums, 1e-10, `${player}.${name}`);
    }
  });

test("ssgan-infomax --preset public is both, as public", async () => {
  const [ssgan, infomax, both] = await Promise.all(
    ["ssgan", "infomax-gan", "ssgan-infomax"].map((recipe) => resolveConfig({ recipe, preset: "public" })),
  );
  assert.deepEqual(both?.terms, { ...infomax?.terms, ...ssgan?.terms });
  assert.deepEqual(both?.net, ssgan?.net);
  assert.deepEqual(both?.net, infomax?.net);
  assert.equal(both?.terms.infomax?.variant, "public");
});
