// What cases/memory.mjs measures in a process of its own: node memory.mjs points|images|large
// Trains for thousands of iterations and prints one JSON object: the most resident MiB and the live tensors of every 50 iterations, from
// the 451st on. The most, because memory goes up and down: Node collects what batches were read into when it has enough of them.

import { parseSetting, resolveConfig, Trainer } from "@gantry/gan";
import { MemoryDataset, sharedBytes } from "@gantry/gan/data";
import { liveTensors } from "@gantry/torch";

/** Until here allocators and caches may still grow. */
const SETTLED = 500;
const WINDOW = 50;

const KINDS = {
  points: { recipe: "gan", preset: "small", settings: ["threads=1", "average={}"], iterations: 5000 },
  images: {
    recipe: "dcgan",
    preset: "small",
    settings: ["threads=1", "net.channels=4", "net.prior.size=8", "batch=8", "average={}"],
    iterations: 5000,
    shape: [1, 28, 28],
  },
  // Maps of 4 MiB, whose memory comes from pages (native/allocator.cc).
  large: {
    recipe: "sngan",
    settings: ["threads=2", "net.channels=16", "batch=32", "schedule.discriminatorSteps=1"],
    iterations: 2000,
    shape: [3, 32, 32],
  },
};

/** 256 pictures, all black: what they show costs no memory. */
function pictures(shape) {
  const record = shape.reduce((a, b) => a * b, 1);
  const items = { data: sharedBytes(256 * record), record, parts: 1, table: undefined };
  return new MemoryDataset({ name: "pictures", kind: "images", shape, items });
}

const { recipe, preset, settings, iterations, shape } = KINDS[process.argv[2] ?? "points"];
const config = await resolveConfig({
  recipe,
  preset,
  settings: [...settings, `steps=${iterations}`].map(parseSetting),
});
const trainer = await Trainer.create(config, undefined, shape && pictures(shape));
const resident = [];
const live = new Set();
let most = 0;
for await (const { iteration } of trainer.run()) {
  if (iteration <= SETTLED - WINDOW) continue;
  most = Math.max(most, process.memoryUsage.rss() / 2 ** 20);
  if (iteration % WINDOW !== 0) continue;
  resident.push(most);
  most = 0;
  const { count, bytes } = liveTensors();
  live.add(`${count} tensors, ${bytes} bytes`);
}
await trainer.close();
const named = preset === undefined ? recipe : `${recipe} --preset ${preset}`;
console.log(
  JSON.stringify({
    shapes: `${named} ${settings.join(" ")}, ${iterations} iterations`,
    threads: config.threads,
    resident,
    live: [...live],
  }),
);
