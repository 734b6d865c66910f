// `node bench/startUp.mjs`: the processor time (user and system) that commands take which train nothing, the least of some tries; and of
// `train` until its first line.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processor } from "./processor.mjs";

const TRIES = 5;
const gantry = fileURLToPath(new URL("../packages/cli/bin/gantry.mjs", import.meta.url));
/** Tells the time at the process's end, or at its first line. */
const clock = `data:text/javascript,${encodeURIComponent(`
  const told = () => { const { user, system } = process.cpuUsage(); return Math.round((user + system) / 1000); };
  if (process.env.FIRST_LINE !== undefined) {
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text) => { write("took " + told() + "\\n"); process.exit(0); };
  } else process.on("exit", () => process._rawDebug("took " + told()));
`)}`;

const cwd = mkdtempSync(join(tmpdir(), "gantry-start-"));
const milliseconds = (args, first) =>
  new Promise((resolve) => {
    const env = { ...process.env, NODE_OPTIONS: `--import ${clock}`, ...(first ? { FIRST_LINE: "1" } : {}) };
    const child = spawn(process.execPath, [gantry, ...args], {
      cwd,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    child.on("close", () => resolve(Number(/^took (\d+)$/m.exec(stderr)?.[1])));
  });

console.log(`${processor}\n\n| command | ms of the processor |\n|---|---|`);
for (const line of [
  "--help",
  "recipes",
  "terms",
  "terms show infomax",
  "data",
  "study",
  "train dcgna",
  "train dcgan --presett small",
  "train dcgan --with infomx",
  "train dcgan --data fashon-mnist",
  "train dcgan --set net.chanels=3",
  "train gan --preset small",
]) {
  const first = line === "train gan --preset small";
  const all = [];
  for (let i = 0; i < TRIES; i++) all.push(await milliseconds(line.split(" "), first));
  console.log(`| \`${line}\`${first ? ", to its first line" : ""} | ${Math.min(...all)} |`);
}
rmSync(cwd, { recursive: true });
