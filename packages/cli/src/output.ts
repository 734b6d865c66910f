import { jsonReporter } from "./render/json.js";
import { plainReporter } from "./render/plain.js";
import type { Reporter } from "./render/reporter.js";
import { makeStyle, type Style } from "./render/style.js";
import { terminalReporter } from "./render/terminal.js";

/** A stream to a person or a program: process.stdout, process.stderr, or a test's. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Where a command's words go: results to standard output, progress and notes to standard error. */
export interface Output {
  /** One JSON object a line on standard output, instead of text. */
  readonly json: boolean;
  /** Show where errors come from. */
  readonly debug: boolean;
  /** Progress, notes and warnings of long work. */
  readonly reporter: Reporter;
  /** Colours for standard output. */
  readonly style: Style;
  /** Characters in a line of standard output. */
  readonly columns: number;
  /** Results, as text; a line feed is added. */
  print(text: string): void;
  /** Results, as one line of JSON. */
  printJson(value: unknown): void;
  /** The one line about an error. */
  error(message: string, exitCode: number): void;
}

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: NodeJS.ProcessEnv;
  readonly json: boolean;
  readonly debug: boolean;
}

export function makeOutput({ stdout, stderr, environment, json, debug }: OutputOptions): Output {
  const interactive = stderr.isTTY === true && environment.TERM !== "dumb";
  const reporter = json
    ? jsonReporter(stdout, stderr)
    : interactive
      ? terminalReporter(stderr, environment)
      : plainReporter(stderr);
  const print = (text: string) => {
    reporter.clear();
    stdout.write(`${text}\n`);
  };
  return {
    json,
    debug,
    reporter,
    style: makeStyle(stdout, environment),
    columns: stdout.isTTY === true ? (stdout.columns ?? 80) : 100,
    print,
    printJson: (value) => print(JSON.stringify(value)),
    error: (message, exitCode) => {
      reporter.clear();
      if (json) stdout.write(`${JSON.stringify({ event: "error", message, exitCode })}\n`);
      stderr.write(`gantry: ${message}\n`);
    },
  };
}
