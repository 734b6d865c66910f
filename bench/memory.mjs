// What cases/memory.mjs measures in a process of its own: node memory.mjs points|images
// Trains 5,000 iterations and prints one JSON object: resident MiB and live tensors, every 50 iterations from the 500th.
import { MemoryDataset, parseSetting, resolveConfig, sharedBytes, Trainer } from "@gantry/gan";
import { liveTensors } from "@gantry/torch";

const ITERATIONS = 5000;
/** Until here allocators and caches may still grow. */
const SETTLED = 500;

const KINDS = {
  points: { recipe: "gan", settings: ["threads=1", "average={}"] },
  images: {
    recipe: "dcgan",
    settings: ["threads=1", "net.channels=4", "net.prior.size=8", "batch=8", "average={}"],
  },
};

/** 256 grey pictures, all black: what they show costs no memory. */
function pictures() {
  const record = 28 * 28;
  const items = { data: sharedBytes(256 * record), record, parts: 1, table: undefined };
  return new MemoryDataset({ name: "pictures", kind: "images", shape: [1, 28, 28], items });
}

const kind = process.argv[2] ?? "points";
const { recipe, settings } = KINDS[kind];
const config = await resolveConfig({
  recipe,
  preset: "small",
  settings: [...settings, `steps=${ITERATIONS}`].map(parseSetting),
});
const trainer = await Trainer.create(config, undefined, kind === "images" ? pictures() : undefined);
const resident = [];
const live = new Set();
for await (const { iteration } of trainer.run()) {
  if (iteration < SETTLED || iteration % 50 !== 0) continue;
  resident.push(process.memoryUsage.rss() / 2 ** 20);
  const { count, bytes } = liveTensors();
  live.add(`${count} tensors, ${bytes} bytes`);
}
await trainer.close();
const shapes = `${recipe} --preset small ${settings.join(" ")}, ${ITERATIONS} iterations`;
console.log(JSON.stringify({ shapes, resident, live: [...live] }));
