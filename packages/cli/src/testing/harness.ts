import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { main } from "../index.js";

export const program = fileURLToPath(new URL("../../bin/gantry.mjs", import.meta.url));

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Whose process it is, by number; the superuser alone may choose. */
  readonly user?: number;
  /** In a process of its own. Default: in this one. */
  readonly real?: boolean;
  /** Called with all that was printed so far, whenever there is more; only in a process of its own. */
  readonly onProgress?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** The real command, running. */
export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/**
 * Begins the real command, as a shell does. One thread: other tests use the other cores.
 * @param group whether it leads a process group of its own, which can then be killed whole
 */
export function start(args: readonly string[], options: RunOptions = {}, group = false): Started {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { ...process.env, OMP_NUM_THREADS: "1", NODE_OPTIONS: "", ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: group,
    ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
  });
  let stdout = "";
  let stderr = "";
  const tell = () => options.onProgress?.(stdout + stderr, (signal) => child.kill(signal));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    tell();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
  return { child, finished };
}

/** Runs the real command to its end. */
export function gantry(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return start(args, options).finished;
}

/**
 * The same without a process of its own, which would cost a second each time: everything but the exit itself. The tests
 * of a file that use it run one after the other, for there is one current folder.
 */
export async function inProcess(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  const before = process.cwd();
  if (options.cwd !== undefined) process.chdir(options.cwd);
  try {
    const status = await main(args, {
      stdout: {
        write: (text) => {
          stdout += text;
        },
      },
      stderr: {
        write: (text) => {
          stderr += text;
        },
      },
      environment: process.env,
    });
    return { status, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}

/**
 * Runs the command and expects success.
 * @returns what it printed
 */
export async function succeed(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const finished = await (options.real === true ? gantry : inProcess)(args, options);
  assert.equal(finished.status, 0, `gantry ${args.join(" ")}:\n${finished.stdout}\n${finished.stderr}`);
  return finished;
}

/** Runs the command and expects one line about what is wrong, behind what `train` says at once at most. */
export async function refuse(
  args: readonly string[],
  status: 1 | 2,
  message: RegExp,
  options: RunOptions = {},
): Promise<void> {
  const finished = await (options.real === true ? gantry : inProcess)(args, options);
  const told = `gantry ${args.join(" ")}:\n${finished.stdout}\n${finished.stderr}`;
  assert.equal(finished.status, status, told);
  assert.equal(finished.stdout, "", told);
  const stderr = finished.stderr.replace(/^Starting [^\n]+\n/, "");
  assert.match(stderr, /^gantry: [^\n]+\n$/, told);
  assert.match(stderr, message, told);
  assert.doesNotMatch(finished.stderr, /\bat .*[(/].*:\d+:\d+|internal error|Error:/, told);
}

/** A new folder, removed when the tests of the file are done. Called outside of every test. */
export function temporaryFolder(): string {
  const outer = mkdtempSync(join(tmpdir(), "gantry-cli-"));
  after(() => rmSync(outer, { recursive: true, force: true }));
  // With a folder of its own around it: data are looked for beside the current folder, too, where anything may lie.
  const folder = join(outer, "here");
  mkdirSync(folder);
  return folder;
}

/** Settings of a run on points that takes no time to speak of. */
export const QUICK = ["--preset", "small", "--set", "data.count=2000", "--set", "samples=4"];

/** The lines of a text as JSON. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
