// Iterations of Gantry's own training loop on made-up data, for benchmarks: everything a run does but the files.
import { MemoryDataset, parseSetting, resolveConfig, Trainer } from "@gantry/gan";

/** A data set of noise: what is timed is the training, not the reading. */
function noise(shape, count) {
  const record = shape.reduce((a, b) => a * b, 1);
  const data = Uint8Array.from({ length: record * count }, (_, i) => (i * 2654435761) >>> 24);
  return new MemoryDataset({
    name: "noise",
    kind: "images",
    shape,
    items: { data, record, parts: 1, table: undefined },
  });
}

/**
 * @param options recipe, settings (as --set takes them), with (as --with), shape of an image or undefined for the
 * recipe's own data set
 * @returns run(n): seconds for n iterations
 */
export async function startTraining({ recipe, preset, settings = [], terms = [], shape, count = 1024 }) {
  const config = await resolveConfig({
    recipe,
    preset,
    with: terms,
    settings: [...settings, "steps=1000000", "intervals.log=1000000"].map(parseSetting),
  });
  const trainer = await Trainer.create(
    config,
    undefined,
    shape === undefined ? undefined : noise(shape, count),
  );
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
