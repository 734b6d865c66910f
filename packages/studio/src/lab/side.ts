import { type ChildProcess, fork } from "node:child_process";
import type { LabAnswer, LabFrame, LabOrder } from "./messages.js";

/** One training of the lab, in a process of its own, as the server knows it. */
export class Side {
  readonly #child: ChildProcess;
  /** Who waits for answers, the longest first: a process answers in order. */
  readonly #waiting: (() => void)[] = [];
  frame: LabFrame | null = null;
  trouble: string | null = null;
  iteration = 0;
  #done = false;
  readonly ended: Promise<void>;

  constructor() {
    this.#child = fork(new URL("./engine/child.js", import.meta.url), [], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
    this.#child.on("message", (answer: LabAnswer) => {
      this.frame = answer.frame ?? this.frame;
      this.trouble = answer.trouble ?? null;
      this.iteration = answer.iteration;
      this.#done = answer.done;
      this.#waiting.shift()?.();
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", () => {
        this.#giveUp("Its process has ended.");
        resolve();
      });
    });
    this.#child.on("error", (error) => this.#giveUp(error.message));
  }

  #giveUp(why: string): void {
    this.trouble ??= why;
    for (const go of this.#waiting.splice(0)) go();
  }

  get isAlive(): boolean {
    return this.#child.connected;
  }

  /** Whether an iteration may follow: it has begun, and is not done. */
  get goesOn(): boolean {
    return this.isAlive && this.frame !== null && !this.#done;
  }

  /** Has something done. What became of it is in what this has then. */
  async ask(order: LabOrder): Promise<void> {
    if (!this.#child.connected) return;
    const answered = new Promise<void>((resolve) => void this.#waiting.push(resolve));
    this.#child.send(order, (error) => error !== null && this.#giveUp(error.message));
    await answered;
  }

  /** Lets it save a checkpoint, and end. */
  hangUp(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
