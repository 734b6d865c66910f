/** A mistake in what was asked, noticed before anything heavy is loaded. Exit status 2. */
export class UsageProblem extends Error {
  readonly exitCode = 2;
}

/** What a person is told of an error. */
export interface Explanation {
  /** One line. */
  readonly message: string;
  readonly exitCode: number;
}

/** Errors whose message is written for people. */
const PLAIN = new Set(["FormatError", "TorchError", "RankError"]);

// Names out of files end up in messages: they may break neither the line nor the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** A message of several lines as one. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replace(/([:;,]?)\s*\n\s*/g, (_, end: string) => (end === "" ? "; " : `${end} `))
    .replace(CONTROL, " ");
}

/** A setting that a message advises, as the command line has it: `set net.mixing=0` as `--set net.mixing=0`. */
const inOwnWords = (text: string): string =>
  text
    .replace(/(?<!-)\bset ([a-z]\w*(?:\.\w+)*=)/g, "--set $1")
    .replace(/(?<!-)\bset (data\.\w+)(?![\w=])/g, "--set $1=...");

/** What is wrong, in one line, and the status to exit with: 2 for a mistake in what was asked, 1 for a failure. */
export async function explain(error: unknown): Promise<Explanation> {
  if (!(error instanceof Error)) return { message: `internal error: ${oneLine(String(error))}`, exitCode: 1 };
  if (
    "exitCode" in error &&
    typeof error.exitCode === "number" &&
    error.exitCode !== 0 &&
    error.name !== "CommanderError"
  )
    return { message: oneLine(inOwnWords(error.message)), exitCode: error.exitCode };
  // What a newcomer meets first is told in lines of its own.
  if (error.name === "NotBuiltError") return { message: error.message, exitCode: 1 };
  if (PLAIN.has(error.name)) return { message: oneLine(error.message), exitCode: 1 };
  if ("syscall" in error) {
    const { describeSystemError } = await import("@gantry/formats");
    const where = "path" in error ? `${error.path}: ` : "";
    return { message: oneLine(`${where}${describeSystemError(error)}`), exitCode: 1 };
  }
  if (error instanceof RangeError && /allocation|array length/i.test(error.message))
    return { message: `not enough memory (${oneLine(error.message)})`, exitCode: 1 };
  return {
    message: `internal error: ${oneLine(error.message)}; that is a bug of Gantry's, and --debug shows where`,
    exitCode: 1,
  };
}
