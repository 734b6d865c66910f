// Iterations of Gantry's own training loop on made-up data, for benchmarks: everything a run does but the files.

import { parseSetting, resolveConfig, Trainer } from "@gantry/gan";
import { MemoryDataset } from "@gantry/gan/data";

/** A data set of noise: what is timed is the training, not the reading. */
function noise(shape) {
  const length = 1024 * shape.reduce((a, b) => a * b, 1);
  return imagesOf(
    shape,
    Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 24),
  );
}

/** Images one after the other in memory as a data set. */
export function imagesOf(shape, data) {
  const record = shape.reduce((a, b) => a * b, 1);
  return new MemoryDataset({
    name: "made for a benchmark",
    kind: "images",
    shape,
    items: { data, record, parts: 1, table: undefined },
  });
}

/** Parameters of G and of D. */
export const parameterCounts = (trainer) =>
  ["generator", "discriminator"].map((player) =>
    trainer.game
      .network(player)
      .parameters()
      .reduce((sum, { numel }) => sum + numel, 0),
  );

/**
 * @param options recipe, preset, settings (as --set takes them), terms (parsed, as --with); what it trains on: `dataset`, noise
 * of `shape`, or where neither is given the recipe's own; keepSteps: whether as many iterations are planned as the recipe says
 * @returns run(n): seconds for n iterations
 */
export async function startTraining({
  recipe,
  preset,
  settings = [],
  terms = [],
  dataset,
  shape,
  keepSteps = false,
}) {
  const config = await resolveConfig({
    recipe,
    preset,
    with: terms,
    settings: [...settings, ...(keepSteps ? [] : ["steps=1000000"]), "intervals.log=1000000"].map(
      parseSetting,
    ),
  });
  const trainer = await Trainer.create(config, undefined, dataset ?? (shape && noise(shape)));
  return {
    trainer,
    async run(iterations) {
      const start = performance.now();
      for await (const _ of trainer.run(trainer.iteration + iterations));
      return (performance.now() - start) / 1000;
    },
    close: () => trainer.close(),
  };
}
