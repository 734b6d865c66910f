// SNGAN at 32 pixels, 64 channels, a batch of 64, on noise: one process of two threads against two of one, in turns.
// `node bench/ranksSpeed.mjs` prints the ratio of speeds (of the whole, and of the processor's time), and what all-reduces take.
// Alone as an argument, a child's job.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const STEPS = Number(process.env.STEPS ?? 2);

async function child({ rank, size, port, threads, batchNorm }) {
  const { distributed, Profile } = await import("../packages/torch/dist/src/index.js");
  const { resolveConfig } = await import("../packages/gan/dist/core/config/config.js");
  const { MemoryDataset, sharedBytes } = await import("../packages/gan/dist/core/data/dataset.js");
  const { Random } = await import("../packages/gan/dist/core/data/random.js");
  const { Trainer } = await import("../packages/gan/dist/train/trainer.js");
  const record = 3 * 32 * 32;
  const data = sharedBytes(640 * record);
  const random = new Random(1);
  for (let i = 0; i < data.length; i++) data[i] = random.integer(256);
  const items = { data, record, parts: 1, table: undefined };
  const shape = [3, 32, 32];
  const dataset = new MemoryDataset({
    name: "noise",
    kind: "images",
    shape,
    classes: undefined,
    labels: undefined,
    items,
  });
  const settings = [{ net: { channels: 64 }, batch: 64, threads, steps: 1 + STEPS, ranks: { batchNorm } }];
  const config = await resolveConfig({ recipe: "sngan", settings });
  if (size > 1) await distributed.joinRanks({ host: "127.0.0.1", address: "127.0.0.1", port, rank, size });
  const trainer = await Trainer.create(config, {}, dataset);
  for await (const _ of trainer.run(1));
  const profile = new Profile();
  const before = process.cpuUsage();
  const sent = distributed.traffic();
  const began = performance.now();
  for await (const _ of trainer.run());
  const seconds = (performance.now() - began) / 1000 / STEPS;
  const { user, system } = process.cpuUsage(before);
  profile.stop();
  const { messages, bytes } = distributed.traffic();
  const spans = [...profile.spans()].filter(({ name }) => name === "all-reduce");
  const waited = spans.reduce((sum, { duration }) => sum + duration, 0) / 1e6 / STEPS;
  console.log(
    JSON.stringify({
      seconds,
      processor: (user + system) / 1e6 / STEPS,
      waited,
      count: spans.length / STEPS,
      messages: (messages - sent.messages) / STEPS,
      bytes: (bytes - sent.bytes) / STEPS,
    }),
  );
  await trainer.close();
  distributed.leaveRanks();
}

const start = (job) =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, OMP_NUM_THREADS: String(job.threads) };
    const script = fileURLToPath(import.meta.url);
    const running = spawn(process.execPath, [script, JSON.stringify(job)], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    running.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    running.on("close", (status) =>
      status === 0 ? resolve(JSON.parse(text)) : reject(new Error(`exit ${status}`)),
    );
  });

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

if (process.argv[2] !== undefined) await child(JSON.parse(process.argv[2]));
else {
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const rows = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await start({ rank: 0, size: 1, threads: 2, batchNorm: "batch" });
    const row = { alone };
    for (const batchNorm of ["batch", "rank"]) {
      const port = await freePort();
      row[batchNorm] = await Promise.all(
        [0, 1].map((rank) => start({ rank, size: 2, port, threads: 1, batchNorm })),
      );
    }
    rows.push(row);
    console.log(JSON.stringify(row));
  }
  for (const batchNorm of ["batch", "rank"]) {
    const speed = median(rows.map((row) => row.alone.seconds / row[batchNorm][0].seconds));
    const work = median(
      rows.map(
        (row) => row.alone.processor / row[batchNorm].reduce((sum, { processor }) => sum + processor, 0),
      ),
    );
    console.log(`batch norm ${batchNorm}: speed ${speed.toFixed(2)}, processor's time ${work.toFixed(2)}`);
  }
}
