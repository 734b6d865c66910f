import { text } from "node:stream/consumers";
import { WARNING_SIGNALS } from "../core/base/signals.js";

/** What surrounds the work of a process that another one of Gantry began for a task. */
export interface Parent {
  /** Aborted where the parent asks to end, or is gone. */
  readonly signal: AbortSignal;
  /** Whether where the work stands is to be written down now; asking takes the wish away. */
  readonly takeWish: () => boolean;
  /** Tells the parent how far it has come. */
  readonly tell: (message: unknown) => void;
}

/**
 * Does the work that the parent gives on standard input, and tells the result on standard output: the other end of
 * runTasks(). What fails is told in a line.
 * @param endsItself whether the work hears the signal and ends with all saved; otherwise the process ends at once
 */
export async function serveParent<Input>(
  work: (input: Input, parent: Parent) => Promise<unknown>,
  endsItself: (input: Input) => boolean,
): Promise<void> {
  const controller = new AbortController();
  let graceful = false;
  let wanted = false;
  const stop = () => {
    if (!graceful) process.exit(1);
    controller.abort(new Error("the work was ended by who began it"));
  };
  const hear = (word: unknown) => {
    if (word === "save") wanted = true;
    if (word === "stop") stop();
  };
  process.on("message", hear);
  // Nobody waits for a result any more.
  process.once("disconnect", stop);
  if (!process.connected) stop();
  for (const name of WARNING_SIGNALS) {
    process.on(name, () => {
      wanted = true;
    });
  }
  try {
    const input = JSON.parse(await text(process.stdin)) as Input;
    graceful = endsItself(input);
    const result = await work(input, {
      signal: controller.signal,
      takeWish: () => {
        const was = wanted;
        wanted = false;
        return was;
      },
      tell: (message) => {
        if (process.connected) process.send?.(message);
      },
    });
    process.stdout.write(JSON.stringify(result));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    process.off("disconnect", stop);
    process.off("message", hear);
    if (process.connected) process.disconnect();
  }
}
