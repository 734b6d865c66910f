/** The `gantry` command. */
import { CommanderError, Option, type OutputConfiguration, Command as Parser } from "commander";
import { type Command, loadCommands } from "./command.js";
import { explain, UsageProblem } from "./errors.js";
import { makePrinter, type Printer } from "./output.js";
import { wrap } from "./render/format.js";
import type { Sink } from "./render/sink.js";

const SUMMARY = "Train, compare and diagnose generative adversarial networks (GANs).";

/** Runs the command line of this process, to the exit status. */
export async function runProcess(): Promise<void> {
  // Whoever reads may stop reading: `gantry recipes | head -1`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = 1;
    if (process.listenerCount("gantry:stdoutClosed") === 0) process.exit();
    process.emit("gantry:stdoutClosed" as never);
  });
  process.stderr.on("error", () => {});
  process.exitCode = await main(process.argv.slice(2));
}

/** What surrounds a command line. */
export interface Surroundings {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: NodeJS.ProcessEnv;
}

const ownSurroundings = (): Surroundings => ({
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
});

/**
 * @param args the words after `gantry`
 * @returns the exit status
 */
export async function main(
  args: readonly string[],
  around: Surroundings = ownSurroundings(),
): Promise<number> {
  // Known before the command line is understood: an error in it is told in the way asked for.
  const before = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const output = makePrinter({
    ...around,
    json: before.includes("--json"),
    debug: before.includes("--debug"),
  });
  const fail = async (error: unknown): Promise<number> => {
    const { message, exitCode } = await explain(error);
    output.error(message, exitCode);
    if (output.debug && error instanceof Error) {
      around.stderr.write(`${error.stack}\n`);
      if (error.cause !== undefined)
        around.stderr.write(`caused by: ${String((error.cause as Error).stack ?? error.cause)}\n`);
    }
    return exitCode;
  };
  // What no command catches still ends in one line.
  const crash = (error: unknown) => void fail(error).then((status) => process.exit(status));
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  const state: State = { status: 0, path: [] };
  try {
    const parser = await buildParser(output, state, await loadCommands(before));
    if (args.every((word) => word === "--debug")) {
      parser.outputHelp();
      return 0;
    }
    await parser.parseAsync([...args], { from: "user" });
    return state.status;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version have been printed.
      if (error.exitCode === 0) return 0;
      return await fail(
        new UsageProblem(`${rephrase(error)}; see 'gantry ${[...state.path, "--help"].join(" ")}'`),
      );
    }
    return await fail(error);
  } finally {
    process.off("uncaughtException", crash);
    process.off("unhandledRejection", crash);
  }
}

/** Commander's message as one line, with where to read on. */
function rephrase(error: CommanderError): string {
  return error.message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (one of )?(.*?)\?\)/, (_, several: string | undefined, names: string) =>
      several === undefined ? `; did you mean '${names}'?` : `; did you mean one of ${names}?`,
    )
    .trim();
}

/** What came of parsing. */
interface State {
  status: number;
  /** The command that was named, as far as it was understood. */
  path: readonly string[];
}

async function buildParser(output: Printer, state: State, commands: readonly Command[]): Promise<Parser> {
  const { style } = output;
  const configuration: OutputConfiguration = {
    writeOut: (text) => output.print(text.trimEnd()),
    // Told by main(), in one line.
    writeErr: () => {},
    getOutHelpWidth: () => Math.min(output.columns, 100),
  };
  const root: Parser = new Parser("gantry")
    .description(SUMMARY)
    .usage("<command> [options]")
    .version(await version(), "-V, --version", "print the version")
    .configureOutput(configuration)
    .configureHelp({
      subcommandTerm: (command) =>
        [
          command.name(),
          ...command.registeredArguments.map((a) => {
            const name = `${a.name()}${a.variadic ? "..." : ""}`;
            return a.required ? `<${name}>` : `[${name}]`;
          }),
        ].join(" "),
      styleTitle: (title) => style.bold(title),
    })
    .exitOverride()
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .option("--debug", "show where an error comes from")
    .addHelpText(
      "after",
      `\nExamples:\n${exampleLines([
        ["gantry train gan --preset small", "a plain GAN on a ring of Gaussians"],
        ["gantry train dcgan --preset small", "a small DCGAN on Fashion-MNIST"],
        ["gantry recipes", "what can be trained"],
        ["gantry help train", "all about one command"],
      ])}`,
    );
  root.hook("preSubcommand", (_, command) => {
    state.path = [...state.path, command.name()];
  });
  for (const command of commands) addCommand(root, command, output, state, []);
  return root;
}

function addCommand(
  parent: Parser,
  command: Command,
  output: Printer,
  state: State,
  path: readonly string[],
): void {
  const parser = parent.command(command.name).summary(command.summary);
  const full = [...path, command.name];
  parser.description(
    command.description === undefined ? `${capital(command.summary)}.` : command.description,
  );
  for (const argument of command.arguments ?? []) parser.argument(argument.name, argument.description);
  for (const { flags, description, repeats, choices } of command.options ?? []) {
    const option = new Option(flags, description);
    if (choices !== undefined) option.choices(choices);
    if (repeats === true) option.argParser((value: string, before: string[] = []) => [...before, value]);
    else if (option.required) refuseRepeats(option);
    parser.addOption(option);
  }
  parser.addOption(new Option("--debug", "show where an error comes from").hideHelp());
  for (const sub of command.commands ?? []) addCommand(parser, sub, output, state, full);
  if (command.commands !== undefined) {
    // A word that is none of the commands is then told as such, and not as an argument too many.
    parser.helpCommand(false).allowExcessArguments(true);
    parser.hook("preSubcommand", (_, chosen) => {
      state.path = [...full, chosen.name()];
    });
  }
  if (command.examples.length > 0)
    parser.addHelpText("after", `\nExamples:\n${exampleLines(command.examples)}`);
  parser.action(async () => {
    const last = command.arguments?.at(-1);
    const limit = last?.name.includes("...") ? parser.args.length : (command.arguments?.length ?? 0);
    const extra = parser.args[limit];
    if (extra !== undefined) throw await unknownCommand(full, extra, command.commands ?? []);
    // An option that `recipes` and `recipes show` both take is the outer one's, wherever it stands.
    state.status = (await command.run(await output.open(), parser.args, parser.optsWithGlobals())) ?? 0;
  });
}

/** An option that takes one value is given once: of two the first would be dropped in silence. */
function refuseRepeats(option: Option): void {
  const read = option.parseArg;
  option.argParser((value: string, before: string | undefined) => {
    if (before !== undefined && before !== value)
      throw new UsageProblem(`${option.long} is given twice, as ${before} and as ${value}; give it once`);
    return read?.(value, undefined as never) ?? value;
  });
}

async function unknownCommand(
  path: readonly string[],
  word: string,
  known: readonly { readonly name: string }[],
): Promise<UsageProblem> {
  const { didYouMean } = await import("@gantry/gan");
  const names = known.map(({ name }) => [...path, name].join(" "));
  const full = [...path, word].join(" ");
  const close = didYouMean(full, names);
  return new UsageProblem(
    `unknown command '${full}'${close === "" ? `; there is: ${names.join(", ")}` : close.replaceAll('"', "'")}`,
  );
}

function exampleLines(examples: Command["examples"]): string {
  const left = Math.min(44, Math.max(...examples.map(([line]) => line.length)));
  return examples
    .map(([line, meaning]) =>
      line.length > left
        ? `  ${line}\n${wrap(meaning, 70)
            .map((part) => `      ${part}`)
            .join("\n")}`
        : `  ${line.padEnd(left)}  ${meaning}`,
    )
    .join("\n");
}

async function version(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return `gantry ${(JSON.parse(text) as { version: string }).version}`;
}

const capital = (text: string) => text.replace(/^./, (letter) => letter.toUpperCase());
