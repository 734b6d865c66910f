import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** What a process of its own is begun for. */
export interface Task<Result> {
  /** What is known of it already: then there is nothing to do, and no process is begun. */
  before(): Promise<Result | undefined>;
  /** What its process is given on standard input; it goes there as JSON. */
  readonly input: unknown;
}

/** How a task ended. */
export type TaskEnd<Result> =
  | { readonly status: "done"; readonly result: Result; readonly kept: boolean }
  | { readonly status: "failed"; readonly reason: string };

export interface ProcessOptions {
  /** Processes at a time. */
  readonly jobs: number;
  /** What the process at a place, 0 to `jobs` - 1, finds in its environment beside this one's. */
  readonly environment: (place: number) => Readonly<Record<string, string>>;
  /** Aborted, the running processes are asked to end, and awaited. */
  readonly signal?: AbortSignal | undefined;
  /** Whether they then end by themselves, with all saved; otherwise they are killed. */
  readonly endThemselves: boolean;
  /** Its event `save` asks the running processes to write down where they are, and to go on. */
  readonly requests?: EventTarget | undefined;
}

/** What is heard while tasks are done. */
export interface TaskListener<Result> {
  readonly onBegin?: (place: number) => void;
  readonly onMessage?: (place: number, message: unknown) => void;
  /** Awaited before the next task of that process's place: what is to be kept is kept here. */
  readonly onEnd?: (place: number, end: TaskEnd<Result>) => void | Promise<void>;
}

/**
 * Does every task in a process of its own, so many at a time, in order. One that fails does not end the others.
 * @param script what a process runs: a module that calls serveParent()
 * @returns how each ended, in order
 * @throws the signal's reason when it is aborted, once all processes have ended; what a listener throws
 */
export async function runTasks<Result>(
  script: URL,
  tasks: readonly Task<Result>[],
  options: ProcessOptions,
  listener: TaskListener<Result> = {},
): Promise<TaskEnd<Result>[]> {
  const ends: TaskEnd<Result>[] = new Array(tasks.length);
  // What fails here, as a disk that is full, ends the processes too.
  const trouble = new AbortController();
  const signal = AbortSignal.any([trouble.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  let next = 0;
  const work = async (place: number) => {
    for (let i = next++; i < tasks.length; i = next++) {
      signal.throwIfAborted();
      const task = tasks[i] as Task<Result>;
      const known = await task.before();
      let end: TaskEnd<Result>;
      if (known === undefined) {
        listener.onBegin?.(i);
        const tell = (message: unknown) => listener.onMessage?.(i, message);
        end = await runChild<Result>(script, task.input, place, { ...options, signal }, tell);
      } else end = { status: "done", result: known, kept: true };
      ends[i] = end;
      await listener.onEnd?.(i, end);
    }
  };
  const places = Array.from({ length: Math.max(1, options.jobs) }, (_, place) => work(place));
  const guarded = places.map((place) => place.catch((error: unknown) => trouble.abort(error)));
  await Promise.all(guarded);
  signal.throwIfAborted();
  return ends;
}

async function runChild<Result>(
  script: URL,
  input: unknown,
  place: number,
  { environment, signal, endThemselves, requests }: ProcessOptions,
  tell: (message: unknown) => void,
): Promise<TaskEnd<Result>> {
  const child = spawn(process.execPath, [fileURLToPath(script)], {
    stdio: ["pipe", "pipe", "pipe", "ipc"],
    env: { ...process.env, ...environment(place) },
  });
  child.on("message", tell);
  // What trains without a pause hears no message.
  const stop = () => (endThemselves ? send(child, "stop") : child.kill("SIGKILL"));
  const save = () => send(child, "save");
  signal?.addEventListener("abort", stop, { once: true });
  requests?.addEventListener("save", save);
  // A child that dies early closes its input; why, its exit tells.
  child.stdin?.on("error", () => {});
  child.stdin?.end(JSON.stringify(input));
  const ended = new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status, killed) =>
      resolve(status === 0 ? undefined : killed === null ? `exit status ${status}` : `ended by ${killed}`),
    );
  });
  const [failure, stdout, stderr] = await Promise.all([ended, text(child.stdout!), text(child.stderr!)]);
  signal?.removeEventListener("abort", stop);
  requests?.removeEventListener("save", save);
  signal?.throwIfAborted();
  if (failure !== undefined) return { status: "failed", reason: stderr.trim().split("\n").at(-1) || failure };
  try {
    return { status: "done", result: JSON.parse(stdout) as Result, kept: false };
  } catch {
    return { status: "failed", reason: "its process told no result" };
  }
}

function send(child: ChildProcess, word: string): void {
  // One that is gone hears nothing, and its end is told elsewhere.
  if (child.connected) child.send(word, () => {});
}
