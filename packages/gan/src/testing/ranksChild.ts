// Trains cases in float64, alone or as one of several processes, and writes what came of each: see ranks.ts.
import { writeFileSync } from "node:fs";
import { serialize } from "node:v8";
import { distributed, setDefaultDtype, type Tensor } from "@gantry/torch";
import { resolveConfig } from "../core/config/config.js";
import { openConfiguredData } from "../core/config/data.js";
import type { Config } from "../core/config/schema.js";
import { type Dataset, MemoryDataset, sharedBytes } from "../core/data/dataset.js";
import { Random } from "../core/data/random.js";
import { Trainer } from "../train/trainer.js";
import type { RanksCase, RanksJob, Trained } from "./ranks.js";

const COUNT = 64;

/** Noise, of the shape that a recipe's data has, with ten labels. */
async function datasetOf(config: Config): Promise<Dataset> {
  const { name = "", size } = config.data as { name?: string; size?: number };
  const side: Record<string, readonly [number, number]> = {
    mnist: [1, 28],
    "fashion-mnist": [1, 28],
    "stacked-mnist": [3, 28],
    cifar10: [3, 32],
    celeba: [3, 64],
    images: [3, 32],
  };
  const found = side[name];
  if (found === undefined) return await openConfiguredData(config);
  const [channels, plain] = found;
  const length = name === "images" ? plain : (size ?? plain);
  const record = channels * length * length;
  const random = new Random(1);
  const data = sharedBytes(COUNT * record);
  for (let i = 0; i < data.length; i++) data[i] = random.integer(256);
  return new MemoryDataset({
    name,
    kind: "images",
    shape: [channels, length, length],
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    labels: Int32Array.from({ length: COUNT }, (_, i) => i % 10),
    items: { data, record, parts: 1, table: undefined },
  });
}

const numbers = (tensors: Iterable<Tensor | undefined>): Float64Array =>
  Float64Array.from([...tensors].flatMap((tensor) => tensor?.toNumbers() ?? []));

async function train({ recipe, preset, settings, iterations, with: added }: RanksCase): Promise<Trained> {
  const config = await resolveConfig({ recipe, preset, settings, with: added as never });
  const trainer = await Trainer.create({ ...config, threads: 1 }, {}, await datasetOf(config));
  const first: Record<string, Float64Array> = {};
  try {
    for (const { name, optimizer } of trainer.game.players.values()) {
      const step = optimizer.step.bind(optimizer);
      optimizer.step = (gradients) => {
        first[name] ??= numbers(gradients);
        step(gradients);
      };
    }
    for await (const _ of trainer.run(iterations));
    const players = [...trainer.game.players.values()];
    const states = players.map(({ name, network }) => {
      const floating = [...network.stateDict().values()].filter(({ dtype }) => dtype === "float64");
      return [name, numbers(floating)] as const;
    });
    return { first, weights: Object.fromEntries(states) };
  } finally {
    await trainer.close();
  }
}

const { cases, rank, size, port, out } = JSON.parse(process.argv[2] as string) as RanksJob;
setDefaultDtype("float64");
if (size > 1) await distributed.joinRanks({ host: "127.0.0.1", address: "127.0.0.1", port, rank, size });
const results: Trained[] = [];
for (const each of cases)
  results.push(
    await train(each).catch((error: Error) => ({
      first: {},
      weights: {},
      error: error.stack ?? error.message,
    })),
  );
if (rank === 0) writeFileSync(out, serialize(results));
distributed.leaveRanks();
