// A peer: the same work in python3-torch, in a process that measures itself on request, so that both sides can be timed
// in turn, A B A B, in one run. Without Python and torch there is no peer, and the benchmark says so.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A Python that can import torch; undefined where there is none. */
export function findPython() {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const found = spawnSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
    if (found.status === 0) return { python, version: found.stdout.trim() };
  }
  return undefined;
}

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
  const child = spawn(found.python, [script, JSON.stringify(options)], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question) => {
    child.stdin.write(`${question}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the peer ${name} ended early`);
    return value.split(" ").map(Number);
  };
  return {
    version: found.version,
    run: async (iterations) => (await ask(iterations))[0],
    memory: async () => (await ask("memory"))[0],
    parameters: () => ask("parameters"),
    close: () => child.stdin.end(),
  };
}
