// What a sum over two processes takes, by its size, over loopback and gloo: `node bench/allReduce.mjs`. The least and the middle of
// many: the least is what an idle machine takes. With a number as argument, so many processes.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** Numbers of float32. */
const SIZES = [1, 1024, 32_768, 262_144, 1_048_576, 4_194_304, 16_777_216];

async function child({ rank, size, port }) {
  const { distributed, setThreads, torch } = await import("../packages/torch/dist/src/index.js");
  setThreads(1);
  await distributed.joinRanks({ host: "127.0.0.1", address: "127.0.0.1", port, rank, size });
  for (const count of SIZES) {
    const bucket = new distributed.Bucket([torch.ones([count])]);
    const times = [];
    for (let i = 0; i < (count > 1e6 ? 15 : 60); i++) {
      const began = performance.now();
      await bucket.reduce();
      times.push(performance.now() - began);
      // Else it would grow beyond what float32 holds.
      bucket.means();
    }
    times.sort((a, b) => a - b);
    const [least, middle] = [times[0], times[Math.floor(times.length / 2)]];
    const rate = (4 * count) / least / 1e6;
    if (rank === 0)
      console.log(`| ${4 * count} | ${least.toFixed(3)} | ${middle.toFixed(3)} | ${rate.toFixed(2)} |`);
  }
  distributed.leaveRanks();
}

if (process.argv[2]?.startsWith("{")) await child(JSON.parse(process.argv[2]));
else {
  const size = Number(process.argv[2] ?? 2);
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  console.log("| bytes | ms, least | ms, middle | GB/s |\n|---|---|---|---|");
  for (let rank = 0; rank < size; rank++)
    spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify({ rank, size, port })], {
      stdio: "inherit",
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
}
