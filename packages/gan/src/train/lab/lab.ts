import { type ChildProcess, fork } from "node:child_process";
import type { LabCommand, LabMessage, LabOrder } from "./protocol.js";

/** A training on points in a process of its own, which a person watches and steers. */
export class Lab {
  readonly #child: ChildProcess;
  /** Settled when its process has ended. */
  readonly ended: Promise<void>;

  /** @param hear everything that is to be shown, and what went wrong */
  constructor(order: LabOrder, hear: (message: LabMessage) => void) {
    // Output of its own would be nobody's; an engine that ends the process says so by that.
    this.#child = fork(new URL("./labChild.js", import.meta.url), [], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (message) => hear(message as LabMessage));
    this.ended = new Promise((done) => {
      this.#child.once("exit", (_, signal) => {
        if (signal !== null) hear({ say: "error", message: `the lab's process was ended by ${signal}` });
        done();
      });
    });
    this.#child.once("error", (error) => hear({ say: "error", message: error.message }));
    this.#child.send(order);
  }

  /** Has something done; without effect once the process has ended. */
  do(command: LabCommand): void {
    if (this.#child.connected) this.#child.send(command);
  }

  /** Ends it with a checkpoint. */
  async close(): Promise<void> {
    this.do({ do: "close" });
    await this.ended;
  }
}
