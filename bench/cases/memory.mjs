import { MemoryDataset, parseSetting, resolveConfig, sharedBytes, Trainer } from "@gantry/gan";
import { liveTensors, setThreads } from "@gantry/torch";

const ITERATIONS = 5000;
/** Until here allocators and caches may still grow. */
const SETTLED = 500;

/** A data set of 256 grey pictures, all the same: what they show costs no memory. */
function pictures() {
  const record = 28 * 28;
  const items = { data: sharedBytes(256 * record), record, parts: 1, table: undefined };
  return new MemoryDataset({ name: "pictures", kind: "images", shape: [1, 28, 28], items });
}

/** Memory while one recipe trains. @returns a Result */
async function watch(sample, recipe, preset, settings, dataset) {
  const config = await resolveConfig({ recipe, preset, settings: settings.map(parseSetting) });
  const trainer = await Trainer.create(config, undefined, dataset);
  const resident = [];
  const live = [];
  for await (const { iteration } of trainer.run(ITERATIONS)) {
    if (iteration < SETTLED || iteration % 50 !== 0) continue;
    resident.push(process.memoryUsage.rss() / 2 ** 20);
    const { count, bytes } = liveTensors();
    live.push(`${count} tensors, ${bytes} bytes`);
  }
  await trainer.close();
  // Noise of single readings aside: the first tenth after settling against the last.
  const tenth = Math.floor(resident.length / 10);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const first = mean(resident.slice(0, tenth));
  const growth = mean(resident.slice(-tenth)) / first - 1;
  const peak = Math.max(...resident) / first - 1;
  const lives = new Set(live);
  return {
    shapes: `${recipe} --preset ${preset} ${settings.join(" ")}, ${ITERATIONS} iterations`,
    threads: 1,
    ours: sample(resident, " MiB"),
    target: `resident memory within 5% after iteration ${SETTLED}, live tensors constant`,
    met: Math.abs(growth) < 0.05 && peak < 0.05 && lives.size === 1,
    notes: [
      `from first to last ${(100 * growth).toFixed(2)}%, at most ${(100 * peak).toFixed(2)}% above the first`,
      `live: ${[...lives].slice(0, 3).join("; ")}${lives.size > 3 ? `; ${lives.size} different counts` : ""}`,
    ],
  };
}

/** Whether training leaks: memory over 5,000 iterations. */
export default {
  name: "memory",
  what: `resident memory and live tensors over ${ITERATIONS} iterations of training`,
  async run({ sample }) {
    setThreads(1);
    return [
      await watch(sample, "gan", "small", ["threads=1", "average={}"]),
      await watch(
        sample,
        "dcgan",
        "small",
        ["threads=1", "net.channels=4", "net.prior.size=8", "batch=8", "average={}"],
        pictures(),
      ),
    ];
  },
};
