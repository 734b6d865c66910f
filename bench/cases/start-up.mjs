import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openDataset } from "@gantry/gan";
import { cifarZip } from "../data.mjs";

const gantry = fileURLToPath(new URL("../../packages/cli/bin/gantry.mjs", import.meta.url));

// With this variable Node parses a file of certificates before it runs anything, which may take longer than the help.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

/** Seconds from the start of a Node process to a line of its output that `wanted` accepts, or to its end. */
async function secondsTo(args, wanted = () => false) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let seconds;
  for await (const line of createInterface({ input: child.stdout }))
    if (seconds === undefined && wanted(line)) seconds = (performance.now() - start) / 1000;
  if ((await ended) !== 0) throw new Error(`node ${args.join(" ")} failed`);
  return seconds ?? (performance.now() - start) / 1000;
}

async function help({ pairs }) {
  const { ours, peer } = await pairs(
    () => secondsTo([gantry, "--help"]),
    () => secondsTo(["--eval", "0"]),
  );
  return {
    label: "gantry --help",
    shapes: "from the start of the process to its end, without NODE_EXTRA_CA_CERTS",
    threads: 1,
    ours,
    peer,
    against: "Node alone, `node --eval 0`",
    target: "at most 150 ms",
    met: ours.median <= 150,
  };
}

async function training({ alone }) {
  const label = "gantry train dcgan --preset small on the CIFAR-10 zip";
  const path = cifarZip();
  if (path === undefined) return { label, skipped: "the CIFAR-10 zip is not here" };
  // Decoded once; from then on it comes from the cache.
  await openDataset({ path, size: 32 });
  const folder = await mkdtemp(join(tmpdir(), "gantry-bench-"));
  let run = 0;
  const args = () => [
    gantry,
    ...["train", "dcgan", "--preset", "small", "--data", path, "--set", "data.size=32"],
    ...["--steps", "1", "--json", "--out", join(folder, String(run++))],
  ];
  try {
    const isStep = (line) => JSON.parse(line).event === "step";
    const ours = await alone(() => secondsTo(args(), isStep), { unit: "s", rounds: 7, warmups: 1 });
    return {
      label,
      shapes: "from the start of the process to the report of the first iteration, sample picture included",
      threads: cpus().length,
      ours,
      target: "at most 3 s",
      met: ours.median <= 3,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export default {
  what: "how long the command takes to begin",
  async run(context) {
    return [await help(context), await training(context)];
  },
};
