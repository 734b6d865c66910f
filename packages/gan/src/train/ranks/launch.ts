import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { amount } from "../../core/base/amount.js";
import { RunError } from "../../core/base/errors.js";
import { type RankWish, STARTED } from "./place.js";

/** What a process ends with that was left by another, which says why. */
export const LEFT = 75;
/** Milliseconds that the others have to end by themselves once one has failed; then they are killed. */
const GRACE = 10_000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface Ended {
  readonly rank: number;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly words: string;
}

/** A port of this machine that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts processes of a training, and awaits their end. Rank 0 has this process's terminal; what the others write of errors is
 * kept. Signals reach all of them.
 * @param command what each runs: a program and its arguments
 * @param threads those of an operator in each, where the environment does not say
 * @param remedy what to do when one of them failed
 * @returns the exit status of rank 0, or here the first one
 * @throws RunError with the words of the one that failed first
 */
export async function launchRanks(
  { processes, first, size, host, port }: Extract<RankWish, { kind: "start" }>,
  [program = "", ...args]: readonly string[],
  threads: number,
  remedy: string,
): Promise<number> {
  const meet = String(port ?? (await freePort()));
  const children = Array.from({ length: processes }, (_, local) =>
    spawn(program, args, {
      stdio: local === 0 ? "inherit" : ["ignore", "ignore", "pipe"],
      env: {
        OMP_NUM_THREADS: String(threads),
        ...process.env,
        [STARTED]: "1",
        RANK: String(first + local),
        WORLD_SIZE: String(size),
        LOCAL_RANK: String(local),
        LOCAL_WORLD_SIZE: String(processes),
        MASTER_ADDR: host,
        MASTER_PORT: meet,
      },
    }),
  );
  // A terminal's Ctrl-C reaches all by itself, and is heard once by each: the first wish stops the training in good order.
  const pass = (signal: NodeJS.Signals) => children[0]?.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    return await outcome(children, first, remedy);
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

async function outcome(children: readonly ChildProcess[], first: number, remedy: string): Promise<number> {
  const ends: Ended[] = [];
  let timer: NodeJS.Timeout | undefined;
  const stop = (signal: NodeJS.Signals) => {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  const all = children.map(async (child, local) => {
    const end = await ended(child, first + local);
    ends.push(end);
    // Whoever is left by one that failed ends by itself: its connection breaks.
    if (end.status !== 0) timer ??= setTimeout(() => stop("SIGKILL"), GRACE);
  });
  await Promise.all(all);
  clearTimeout(timer);
  // One that was left by another is no cause.
  const cause =
    ends.find(({ status }) => status !== 0 && status !== LEFT) ?? ends.find(({ status }) => status !== 0);
  const own = ends.find(({ rank }) => rank === first) as Ended;
  if (cause === undefined) return 0;
  // Told already, or the end that was asked for.
  if (cause.rank === first && cause.status !== null && cause.status !== LEFT) return cause.status;
  if (own.status !== null && own.status > 128) return own.status;
  // Asked to stop, it had all stop, and rank 0 saved what there was.
  if (own.status === 0 && cause.signal === null && Number(cause.status) > 128) return Number(cause.status);
  const why =
    cause.signal !== null
      ? `was ended by ${cause.signal}`
      : cause.words === "" || cause.status === LEFT
        ? `ended with exit status ${cause.status}`
        : `failed: ${cause.words.replace(/^gantry: /, "")}`;
  throw new RunError(
    `rank ${cause.rank} ${why}; ${children.length === 2 ? "the other process was" : `the other ${amount(children.length - 1, "processes")} were`} stopped, and ${remedy}`,
  );
}

async function ended(child: ChildProcess, rank: number): Promise<Ended> {
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-4000);
  });
  return await new Promise((resolve) => {
    child.on("error", (error) => resolve({ rank, status: 1, signal: null, words: error.message }));
    child.on("close", (status, signal) => {
      const lines = words.trim().split("\n");
      resolve({
        rank,
        status,
        signal,
        words: lines.findLast((line) => line.startsWith("gantry: ")) ?? lines.at(-1) ?? "",
      });
    });
  });
}
