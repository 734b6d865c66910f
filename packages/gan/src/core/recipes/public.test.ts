import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { readGolden } from "../../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../../testing/networks.js";
import { TinyGame } from "../../testing/tinyGame.js";
import type { JsonObject } from "../base/json.js";
import { resolveConfig } from "../config/config.js";

setThreads(1);

type Golden = Record<"generator" | "discriminator", Record<string, [number, number]>>;
/** Weights of kwotsin/mimicry's and of BigGAN-PyTorch's own code. */
const golden: Record<string, Golden> = {
  ...readGolden<Record<string, Golden>>("mimicry/training.json"),
  biggan: readGolden<Golden>("biggan/training.json"),
};

/** The steps of the make_golden.py of a recipe, as the command has it but small. */
async function trained(recipe: string, preset: string | undefined, iterations: number): Promise<Golden> {
  const config = await resolveConfig({
    recipe,
    preset,
    settings: [
      { net: { channels: recipe === "biggan" ? 2 : 8, prior: { size: 6 } } },
      { schedule: { discriminatorSteps: 2 } },
      ...(recipe === "infomax-gan" ? [{ terms: { infomax: { criticUnits: 16 } } }] : []),
    ],
  });
  let drawn = 0;
  let shown = 0;
  using tiny = await TinyGame.create({
    net: config.net as JsonObject,
    data: { kind: "images", shape: [3, 32, 32], classes: config.conditional ? 3 : undefined },
    conditional: config.conditional,
    terms: config.terms as JsonObject,
    optimizers: config.optimizers,
    schedule: config.schedule,
    latents: () => patternTensor(`latent ${++drawn}`, [4, 6], 3),
  });
  const { game } = tiny;
  const networks = ["generator", "discriminator"].map(
    (name) => [name, fillNetwork(game.network(name))] as const,
  );
  for (let iteration = 0; iteration < iterations; iteration++)
    for (const phase of game.phases)
      for (let step = 0; step < phase.steps; step++) {
        if (phase.real === "fresh") shown++;
        tiny.step(phase, {
          // The labels of fakes are drawn by it: drawn + 1 is the number of this step.
          seed: 100 + drawn + 1,
          real: () => ({
            image: patternTensor(`images ${shown}`, [4, 3, 32, 32], 2),
            ...(config.conditional ? { label: torch.tensor([0, 1, 2, 0], { dtype: "int64" }) } : {}),
          }),
        });
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

/** Gradients of biases in front of batch norms are rounding alone, which Adam's first steps magnify, on every processor otherwise. */
const isRounding = (name: string) => /bias$|running_mean$/.test(name);

for (const [recipe, preset, iterations, tolerance, code] of [
  ["sngan", "public", 3, 1e-10, "kwotsin/mimicry"],
  ["ssgan", "public", 3, 1e-10, "kwotsin/mimicry"],
  ["infomax-gan", "public", 3, 1e-10, "kwotsin/mimicry"],
  ["biggan", undefined, 2, 1e-9, "ajbrock/BigGAN-PyTorch"],
] as const)
  test(`${recipe}, ${preset ?? "as it is"}: after ${3 * iterations} steps the weights and buffers of ${code}'s own code`, async () => {
    const found = await trained(recipe, preset, iterations);
    const expected = golden[recipe] as Golden;
    for (const player of ["generator", "discriminator"] as const) {
      // Where a code has a spectral norm of its own, that keeps no v; nor does every batch norm count its batches.
      const known = Object.keys(found[player]).filter(
        (name) => name in expected[player] || !/weight_v$|num_batches_tracked$/.test(name),
      );
      assert.deepEqual(known.sort(), Object.keys(expected[player]).sort());
      for (const [name, sums] of Object.entries(expected[player]))
        assertClose(
          found[player][name] as number[],
          sums,
          player === "generator" && isRounding(name) ? 1e-8 : tolerance,
          `${player}.${name}`,
        );
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
