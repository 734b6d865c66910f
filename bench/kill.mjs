// `node bench/kill.mjs [KILLS] [SEED]`: kills a training at random moments (50 unless told otherwise), resumes it after
// each, and compares what it ends in with the same training left alone. Minutes; the test suite does it with 4 kills.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSetting, Random, resolveConfig } from "@gantry/gan";
import { killRepeatedly } from "../packages/gan/dist/train/killing.js";

const kills = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? 1);
const settings = [
  "net.generatorHidden=[16]",
  "net.discriminatorHidden=[16]",
  "data.count=2000",
  "batch=16",
  "samples=4",
  `steps=${60 * kills}`,
  "threads=1",
  "average={}",
  "intervals.checkpoint=5",
  "intervals.sample=100",
  "intervals.log=3",
];
const config = await resolveConfig({ recipe: "gan", preset: "small", settings: settings.map(parseSetting) });
const folder = await mkdtemp(join(tmpdir(), "gantry-kill-"));
try {
  const report = await killRepeatedly(config, folder, kills, new Random(seed), (kill, iteration) => {
    process.stdout.write(`kill ${kill}: goes on at iteration ${iteration}\n`);
  });
  const { moments, torn, different } = report;
  console.log(
    `${report.kills} kills: ${moments.unborn} before the run was made, ${moments.early} before its first checkpoint, ` +
      `${moments.later} later, ${torn} of them in the middle of writing a checkpoint`,
  );
  console.log(
    different.length === 0
      ? "every resume worked, nothing half written was read, and the end is the same to the bit"
      : `DIFFERENT: ${different.join(", ")}`,
  );
  if (different.length > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
