// Pairs of signals, 2 ms to 2 s apart: from a terminal, through npx, to a process group. A stop must lose no iteration.
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { begin, checkpoints, lastIteration, program, QUICK, stateOf, until } from "./processes.mjs";

const CTRL_C = "\u0003";
const word = (text) => `'${text}'`;

/** Each starts a training, and sends one of the two signals when it is called. */
const SOURCES = [
  {
    what: "Ctrl-C twice at a terminal",
    start: (args) =>
      begin("script", ["-qfec", [process.execPath, program, ...args].map(word).join(" "), "/dev/null"]),
    send: ({ child }) => child.stdin.write(CTRL_C),
  },
  {
    what: "Ctrl-C twice at a terminal, through npx",
    start: (args) => begin("script", ["-qfec", ["npx", "gantry", ...args].map(word).join(" "), "/dev/null"]),
    send: ({ child }) => child.stdin.write(CTRL_C),
  },
  {
    what: "SIGTERM to npx, and again",
    start: (args) => begin("npx", ["gantry", ...args]),
    send: ({ child }) => child.kill("SIGTERM"),
  },
  ...["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"].map((signal) => ({
    what: `${signal} twice to the process group`,
    start: (args) => begin(process.execPath, [program, ...args]),
    send: ({ child }) => process.kill(-child.pid, signal),
  })),
];

export async function pairs(folder, count, random, say) {
  const rows = SOURCES.map(({ what }) => ({ what, tries: 0, lost: 0, detail: "" }));
  for (let i = 0; i < count; i++) {
    const row = rows[i % SOURCES.length];
    const { start, send } = SOURCES[i % SOURCES.length];
    const run = join(folder, `run-${i}`);
    const started = start(["train", "gan", ...QUICK, "--steps", "100000000", "--out", run]);
    await until(() => lastIteration(run) > 2);
    await setTimeout(300 * random.uniform());
    const gap = 2 * 1000 ** random.uniform();
    const safely = () => {
      try {
        send(started);
      } catch {
        // It has ended.
      }
    };
    safely();
    await setTimeout(gap);
    safely();
    const ended = await until(() => stateOf(run) === "stopped");
    await Promise.race([started.ended, setTimeout(20_000)]);
    try {
      process.kill(-started.child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
    row.tries++;
    const [saved, told] = [checkpoints(run).at(-1) ?? 0, lastIteration(run)];
    const fault = !ended ? "it did not stop" : saved < told ? `iteration ${told}, checkpoint ${saved}` : "";
    if (fault !== "") {
      row.lost++;
      row.detail += `${gap.toFixed(0)} ms apart: ${fault}; `;
    }
    say(
      `${i + 1} of ${count}: ${row.what}, ${gap.toFixed(0)} ms apart: ${fault === "" ? `stopped at ${saved}` : fault}`,
    );
  }
  return rows.filter(({ tries }) => tries > 0);
}
