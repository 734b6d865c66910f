import type { DataContext } from "@gantry/gan";
import type { RankMember, RankWish } from "@gantry/gan/ranks";
import type { CommandOption } from "./command.js";
import { UsageProblem } from "./errors.js";
import type { Output } from "./output.js";
import { Interrupted, Interruption } from "./signals.js";

/** Of commands that train. */
export interface RankOptions {
  readonly processes?: string;
  readonly rankTimeout?: string;
}

export const timeoutOption: CommandOption = {
  flags: "--rank-timeout <minutes>",
  description:
    "of several processes: how long one waits for another that is slow; default 120. One that ends is noticed at once",
};

export const rankOptions: readonly CommandOption[] = [
  {
    flags: "--processes <n>",
    description: "train by n processes of this machine, which share every batch",
  },
  timeoutOption,
];

const MISSING =
  "this build of Gantry trains by one process: gloo's headers were not there; sudo apt-get install libgloo-dev, then npm run setup (installed: npx gantry setup)";

/** What the command line and the environment say. */
export async function readRanks({ processes }: RankOptions): Promise<RankWish> {
  const count = processes === undefined ? undefined : Number(processes);
  if (count !== undefined && !(Number.isInteger(count) && count >= 1 && count <= 4096))
    throw new UsageProblem(`--processes must be a whole number from 1 to 4096, not ${processes}`);
  const { rankWish } = await import("@gantry/gan/ranks");
  return rankWish(process.env, count);
}

/**
 * Milliseconds that a process waits for another.
 * @throws UsageProblem
 */
function timeoutOf({ rankTimeout }: RankOptions): number | undefined {
  if (rankTimeout === undefined) return undefined;
  const minutes = Number(rankTimeout);
  // Node's and gloo's milliseconds: a day is enough.
  if (rankTimeout.trim() !== "" && minutes > 0 && minutes <= 1440)
    return Math.max(1, Math.round(60_000 * minutes));
  throw new UsageProblem(
    `--rank-timeout is in minutes, above 0 and at most 1440 (a day), not '${rankTimeout}'`,
  );
}

/** Starts this command once for each process, and awaits them. */
async function startRanks(wish: Extract<RankWish, { kind: "start" }>, remedy: string): Promise<number> {
  const { launchRanks } = await import("@gantry/gan/ranks");
  const { distributed, machine } = await import("@gantry/torch");
  if (!distributed.hasGroups()) throw new UsageProblem(MISSING);
  const threads = Math.max(1, Math.floor(machine().threads / wish.processes));
  return await launchRanks(
    wish,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    threads,
    remedy,
  );
}

/** Threads of one of several processes of a machine, where nothing says how many; before LibTorch is loaded. */
async function shareThreads({ localSize }: RankMember): Promise<void> {
  const { availableParallelism, cpus } = await import("node:os");
  const all = availableParallelism();
  // A launcher that gives each process cores of its own has shared them out.
  if (process.env.OMP_NUM_THREADS === undefined && localSize > 1 && all === cpus().length)
    process.env.OMP_NUM_THREADS = String(Math.max(1, Math.floor(all / localSize)));
}

/** Makes this process one of several; resolves when all have come. */
async function joinRanks(member: RankMember, timeout: number | undefined): Promise<void> {
  await shareThreads(member);
  const { distributed } = await import("@gantry/torch");
  const { ownAddress } = await import("@gantry/gan/ranks");
  if (!distributed.hasGroups()) throw new UsageProblem(MISSING);
  const { rank, size, host, port, isOpen, prefix } = member;
  await distributed.joinRanks({
    ...{ rank, size, host, port, prefix },
    serves: rank === 0 && !isOpen,
    address: await ownAddress(host, port),
    interface: process.env.GLOO_SOCKET_IFNAME,
    ...(timeout === undefined ? {} : { timeout }),
  });
}

/** Whether it came of another process's end. */
export const isLost = (error: unknown): boolean =>
  error instanceof Error && "isLost" in error && error.isLost === true;

/** What a process that is not rank 0 does, which shows nothing: until rank 0 is done. */
export type Follow = (context: Partial<DataContext>, member: RankMember) => Promise<void>;

const train: Follow = async (context, { localRank }) => {
  const { follow } = await import("@gantry/gan");
  await follow(context, localRank);
};

/** @returns the exit status */
async function followAndWait(
  member: RankMember,
  context: Partial<DataContext>,
  follow: Follow,
): Promise<number> {
  const interruption = new Interruption({ onFirst: () => {} });
  try {
    await follow({ ...context, signal: interruption.signal }, member);
    return interruption.status;
  } catch (error) {
    if (error instanceof Interrupted) return interruption.status;
    throw error;
  } finally {
    interruption.release();
  }
}

/** What --dry-run says of them: `2 processes, 32 images each (RANK and WORLD_SIZE)`. */
export function describeRanks(wish: RankWish, batch: number, unit: string): string | undefined {
  if (wish.kind === "alone") return undefined;
  const where = wish.kind === "member" ? `, rank 0 at ${wish.host}:${wish.port}` : "";
  return `${wish.size} processes, ${batch / wish.size} ${unit} each (${wish.source}${where})`;
}

/**
 * Runs a command that several processes share: once for each process, or as one of them.
 * @param alone what one process does, and rank 0 of several
 * @param follow what the others do; default: train
 */
export async function asRanks(
  output: Output,
  options: RankOptions,
  alone: () => Promise<number>,
  follow: Follow = train,
): Promise<number> {
  const wish = await readRanks(options);
  const timeout = timeoutOf(options);
  if (wish.kind === "alone") return await alone();
  const remedy =
    follow === train
      ? "'gantry resume' goes on from the last checkpoint"
      : "the same command goes on where it was";
  if (wish.kind === "start") return await startRanks(wish, remedy);
  const { forgetRanks, LEFT, STARTED, visibleDevice } = await import("@gantry/gan/ranks");
  const isStarted = process.env[STARTED] !== undefined;
  forgetRanks(process.env);
  const watch = isStarted ? watchParent() : undefined;
  // A training says by itself which device is whose.
  if (follow !== train && wish.localSize > 1)
    process.env.CUDA_VISIBLE_DEVICES = visibleDevice(process.env, wish.localRank);
  try {
    await joinRanks(wish, timeout);
    if (wish.rank === 0) return await alone();
    return await followAndWait(wish, { onNotice: (message) => output.reporter.warning(message) }, follow);
  } catch (error) {
    // Whoever started the processes says why they were left.
    if (isLost(error) && isStarted) {
      output.reporter.clear();
      return LEFT;
    }
    const { RunError } = await import("@gantry/gan");
    if (error instanceof Error && "isLate" in error && error.isLate === true)
      throw new RunError(
        `${error.message}: it is slow, or cut off; --rank-timeout MINUTES lets it take longer`,
        { cause: error },
      );
    throw error;
  } finally {
    clearInterval(watch);
    const { distributed } = await import("@gantry/torch");
    distributed.leaveRanks();
  }
}

/** Whoever started the processes passes signals on; killed outright, it leaves them to stop by themselves. */
function watchParent(): NodeJS.Timeout {
  const parent = process.ppid;
  const look = () => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  };
  return setInterval(look, 1000).unref();
}
