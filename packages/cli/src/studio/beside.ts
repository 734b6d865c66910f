import { type ChildProcess, fork } from "node:child_process";
import { dirname } from "node:path";
import type { Output } from "../output.js";
import { openBrowser } from "./browser.js";
import { untilStopped } from "./untilStopped.js";

/** A studio beside a training, in a process of its own: the training has no time to answer. */
export class StudioBeside {
  readonly #output: Output;
  #child: ChildProcess | undefined;
  #address = "";

  constructor(output: Output) {
    this.#output = output;
  }

  /** Begins to show a run that has just been claimed. What goes wrong is told, and the training goes on. */
  async show(run: string): Promise<void> {
    // Of a group of its own, so that Ctrl-C reaches the training alone.
    const child = fork(new URL("./child.js", import.meta.url), [dirname(run), run], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      detached: true,
      execArgv: [],
    });
    this.#child = child;
    const told = await new Promise<{ address?: string; trouble?: string }>((resolve) => {
      child.once("message", resolve as (message: unknown) => void);
      child.once("error", (error) => resolve({ trouble: error.message }));
      child.once("exit", () => resolve({ trouble: "its process ended" }));
    });
    child.unref();
    child.channel?.unref();
    if (told.address === undefined) {
      this.#output.reporter.warning(`no studio: ${told.trouble}`);
      return;
    }
    this.#address = told.address;
    this.#output.reporter.note(`Studio: ${told.address}`);
    openBrowser(told.address);
  }

  /** Lets a person at a terminal go on looking when the training is done. */
  async end(): Promise<void> {
    if (this.#address !== "" && process.stdin.isTTY && !this.#output.json) {
      this.#output.reporter.note(`The studio is still at ${this.#address}; Ctrl-C ends it.`);
      const alive = setInterval(() => {}, 60_000);
      await untilStopped();
      clearInterval(alive);
    }
    this.#child?.disconnect();
  }
}
