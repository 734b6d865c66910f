// A peer: the same work in PyTorch, in a process that measures itself on request, so that both sides can be timed in turn,
// A B A B, in one run. It is the newest PyTorch of bench/.venv and the system's Python:
//   python3 -m venv bench/.venv && bench/.venv/bin/pip install torch==2.13.0 numpy
// Without Python and torch there is no peer, and the benchmark says so.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ownPython = fileURLToPath(new URL("./.venv/bin/python", import.meta.url));

/** Negative where `a` is the older of two versions. */
const byAge = (a, b) => a.localeCompare(b, "en", { numeric: true });

/** The Python with the newest torch; undefined where there is none. */
function findPython() {
  return [ownPython, "/usr/bin/python3", "python3"]
    .map((python) => {
      const found = spawnSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
      return found.status === 0 ? { python, version: found.stdout.trim() } : undefined;
    })
    .filter((found) => found !== undefined)
    .sort((a, b) => byAge(b.version, a.version))[0];
}

/** Without it page faults alone cost PyTorch a factor of four on some machines: apt-get install libtcmalloc-minimal4. */
const tcmalloc = [
  "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4",
  "/usr/lib/aarch64-linux-gnu/libtcmalloc_minimal.so.4",
].find((path) => existsSync(path));

/**
 * Starts bench/peers/NAME.py. Its protocol: a line `N` on its input runs N iterations and answers with the seconds they
 * took; `memory` answers with its peak resident memory in bytes, `parameters` with how many G and D have; end of input ends it.
 * @param options passed as one JSON argument
 */
export async function startPeer(name, options) {
  const found = findPython();
  if (found === undefined) return undefined;
  const script = fileURLToPath(new URL(`./peers/${name}.py`, import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: String(options.threads) };
  // Gantry sets this for its own process when it loads LibTorch; plain PyTorch does not.
  delete env.GOMP_SPINCOUNT;
  env.PYTHONDONTWRITEBYTECODE = "1";
  if (options.expert && tcmalloc !== undefined) env.LD_PRELOAD = tcmalloc;
  const child = spawn(found.python, [script, JSON.stringify(options)], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question) => {
    child.stdin.write(`${question}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the peer ${name} ended early`);
    return value;
  };
  const numbers = async (question) => (await ask(question)).split(" ").map(Number);
  return {
    version: found.version,
    run: async (iterations) => (await numbers(iterations))[0],
    memory: async () => (await numbers("memory"))[0],
    parameters: () => numbers("parameters"),
    about: async () => {
      const written = await ask("about");
      if (!options.expert) return written;
      return `${written}${tcmalloc === undefined ? ", without tcmalloc, which is not here" : ", tcmalloc"}`;
    },
    close: () => child.stdin.end(),
  };
}
