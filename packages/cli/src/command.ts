import type { Output } from "./output.js";

/** An option as commander reads it. */
export interface CommandOption {
  /** `--steps <n>`, `--json`. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times; the values are collected. */
  readonly repeats?: boolean;
  /** The only values taken. */
  readonly choices?: readonly string[];
}

export interface CommandArgument {
  /** `<run>`; `[name]` when it may be left out; `<run...>` for the last one when there may be several. */
  readonly name: string;
  readonly description: string;
}

/** Options as they were given, by their names in camelCase. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/**
 * One command: a file in commands/, called by the command's name, with this as its default export. The file is read for
 * `gantry --help` too, so it imports what is slow to load (LibTorch, and all that stands on it) inside `run`.
 */
export interface Command<Options extends object = GivenOptions> {
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** What the help says beyond the summary. */
  readonly description?: string;
  readonly arguments?: readonly CommandArgument[];
  readonly options?: readonly CommandOption[];
  /** Whole command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly commands?: readonly Command<never>[];
  /** @returns the exit status; none is 0 */
  // A method, so that commands with options of their own kind go into one list.
  run(output: Output, args: readonly string[], options: Options): Promise<number | undefined>;
}

/** Lets TypeScript check a command's shape. */
export const defineCommand = <Options extends object>(command: Command<Options>): Command<Options> => command;

/**
 * The command that a command line names, or else every command: the files of commands/, by name in alphabetical order.
 * @param words the command line; an option of `gantry` itself takes no value, so that the first other word is the command
 */
export async function loadCommands(words: readonly string[] = []): Promise<Command[]> {
  const { readdir } = await import("node:fs/promises");
  const folder = new URL("./commands/", import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".js") && !file.endsWith(".test.js"));
  const named = `${words.find((word) => !word.startsWith("-"))}.js`;
  const modules = await Promise.all(
    (files.includes(named) ? [named] : files).map(
      (file) => import(new URL(file, folder).href) as Promise<{ default: Command }>,
    ),
  );
  return modules.map((module) => module.default).sort((a, b) => (a.name < b.name ? -1 : 1));
}
