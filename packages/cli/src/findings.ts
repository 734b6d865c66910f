import { spawn } from "node:child_process";
import type { RecordOptions, Run } from "@gantry/gan";
import type { FindingReport, Found } from "@gantry/gan/diagnose";
import type { CommandOption } from "./command.js";
import type { Output } from "./output.js";
import { describeFinding } from "./render/findings.js";

export const stopOption: CommandOption = {
  flags: "--stop-on <finding>",
  description:
    "end with a checkpoint, and exit code 3, where this is found (see 'gantry diagnose --list'); repeatable",
  repeats: true,
};

/** Options of what is to be done about findings. */
export const findingOptions: readonly CommandOption[] = [
  stopOption,
  {
    flags: "--on-finding <command>",
    description: "run this by the shell for each finding, which is JSON on its standard input",
  },
];

export interface FindingOptions {
  readonly stopOn?: readonly string[];
  readonly onFinding?: string;
}

/** Exit code where something was found that the user asked to stop on, or to be told of. */
export const FOUND = 3;

/** What a training found, told as it is found. */
export interface Findings {
  /** For record(). */
  readonly options: Pick<RecordOptions, "onFinding" | "onVerdict" | "stopOn">;
  /** All at the end, once every command of the user's has ended. */
  verdict(): Promise<readonly FindingReport[]>;
  /** Whether the training ended on a finding. */
  readonly isStopped: boolean;
}

/** @throws UsageError for a finding that there is not */
export async function checkFindings({ stopOn = [] }: FindingOptions): Promise<void> {
  if (stopOn.length === 0) return;
  const { findings } = await import("@gantry/gan/diagnose");
  for (const name of stopOn) await findings.get(name);
}

/** Tells each finding of a run, and does what was asked about it. */
export function followFindings(
  output: Output,
  { directory, trainer }: Run,
  { stopOn, onFinding: command }: FindingOptions = {},
): Findings {
  const { reporter } = output;
  const work: Promise<void>[] = [];
  let last: readonly Found[] = [];
  let isStopped = false;
  const report = async (found: Found) => {
    const { reportFinding } = await import("@gantry/gan/diagnose");
    const { kind, shape, classes } = trainer.dataset;
    return await reportFinding(found, directory, { kind, shape, classes: classes?.length });
  };
  return {
    options: {
      stopOn,
      onFinding: (found) => {
        if (stopOn?.includes(found.finding.name)) isStopped = true;
        work.push(
          report(found).then(async (finding) => {
            if (output.json) output.printJson({ event: "finding", run: directory.path, ...finding });
            else reporter.note(describeFinding(finding));
            if (command === undefined) return;
            const problem = await hand(command, { run: directory.path, ...finding });
            if (problem !== undefined) reporter.warning(`--on-finding: ${problem}`);
          }),
        );
      },
      onVerdict: (found) => {
        last = found;
      },
    },
    async verdict() {
      await Promise.all(work);
      return await Promise.all(last.map(report));
    },
    get isStopped() {
      return isStopped;
    },
  };
}

/**
 * Runs a command by the shell, with something as JSON on its standard input. What it prints goes to standard error.
 * @returns what went wrong
 */
function hand(command: string, value: object): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: ["pipe", 2, 2] });
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status, signal) =>
      resolve(status === 0 ? undefined : `'${command}' ended with ${signal ?? status}`),
    );
    // A command that reads nothing has closed it.
    child.stdin?.on("error", () => {});
    child.stdin?.end(`${JSON.stringify(value)}\n`);
  });
}
