import type { Reporter } from "./render/reporter.js";
import { guarded, type Sink } from "./render/sink.js";
import { makeStyle, type Style } from "./render/style.js";

/** Where words go that need no reporter, as those of the help. */
export interface Printer {
  /** One JSON object a line on standard output, instead of text. */
  readonly json: boolean;
  /** Show where errors come from. */
  readonly debug: boolean;
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
  /** For a command, whose progress is then out of the way of whatever is printed here. */
  open(): Promise<Output>;
}

/** Where a command's words go: results to standard output, progress and notes to standard error. */
export interface Output extends Printer {
  /** Progress, notes and warnings of long work. */
  readonly reporter: Reporter;
}

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: NodeJS.ProcessEnv;
  readonly json: boolean;
  readonly debug: boolean;
}

export function makePrinter(options: OutputOptions): Printer {
  const { environment, json, debug } = options;
  const stdout = guarded(options.stdout, json);
  const stderr = guarded(options.stderr, false);
  let reporter: Reporter | undefined;
  const print = (text: string) => {
    reporter?.clear();
    stdout.write(`${text}\n`);
  };
  const printer: Printer = {
    json,
    debug,
    style: makeStyle(stdout, environment),
    columns: stdout.isTTY === true ? (stdout.columns ?? 80) : 100,
    print,
    printJson: (value) => print(JSON.stringify(value)),
    error: (message, exitCode) => {
      reporter?.clear();
      if (json) stdout.write(`${JSON.stringify({ event: "error", message, exitCode })}\n`);
      stderr.write(`gantry: ${message}\n`);
    },
    open: async () => {
      reporter = await makeReporter({ ...options, stdout, stderr });
      return { ...printer, reporter };
    },
  };
  return printer;
}

/** Loads only what this output needs. */
async function makeReporter({ stdout, stderr, environment, json }: OutputOptions): Promise<Reporter> {
  if (json) return (await import("./render/json.js")).jsonReporter(stdout, stderr);
  if (stderr.isTTY === true && environment.TERM !== "dumb")
    return (await import("./render/terminal.js")).terminalReporter(stderr, environment);
  return (await import("./render/plain.js")).plainReporter(stderr);
}
