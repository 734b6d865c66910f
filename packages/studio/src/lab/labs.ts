import { type ChildProcess, execFile, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { Refusal } from "../refusal.js";
import { within } from "../within.js";
import type { LabAnswer, LabFrame, LabOrder, LabRecipe, LabRequest } from "./messages.js";

/** Trainings at once: two side by side, on two pages. */
const MOST = 4;
/** Milliseconds without anybody who looks, after which one is paused, and after which it is ended. */
const PAUSED = 15_000;
const ENDED = 600_000;
/** Milliseconds that a look waits for a newer picture. */
const WAIT = 2000;

/** A training of the lab, as the server knows it. */
class Lab {
  readonly #child: ChildProcess;
  #frame: LabFrame | undefined;
  #trouble: string | undefined;
  #count = 0;
  /** Who waits for news. */
  #waiting: (() => void)[] = [];
  #looked = Date.now();
  readonly ended: Promise<void>;

  constructor() {
    this.#child = fork(new URL("./engine/child.js", import.meta.url), [], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
    this.#child.on("message", (answer: LabAnswer) => {
      if (answer.kind === "frame") {
        this.#frame = answer.frame;
        this.#trouble = undefined;
      } else this.#trouble = answer.message;
      this.#tell();
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", () => {
        this.#trouble ??= "Its process has ended.";
        this.#tell();
        resolve();
      });
    });
    this.#child.on("error", (error) => {
      this.#trouble = error.message;
      this.#tell();
    });
  }

  #tell(): void {
    this.#count++;
    for (const go of this.#waiting) go();
    this.#waiting = [];
  }

  order(order: LabOrder): void {
    this.#looked = Date.now();
    if (this.#child.connected) this.#child.send(order);
  }

  /** The newest picture, once there is one after that of a number. */
  async look(after: number) {
    this.#looked = Date.now();
    if (this.#count <= after)
      await within(new Promise<void>((resolve) => void this.#waiting.push(resolve)), WAIT);
    return { count: this.#count, frame: this.#frame ?? null, trouble: this.#trouble ?? null };
  }

  /**
   * Pauses what nobody looks at.
   * @returns whether nobody comes back
   */
  tend(now: number): boolean {
    const idle = now - this.#looked;
    if (idle > PAUSED && this.#frame?.playing && this.#child.connected) this.#child.send({ do: "pause" });
    return idle > ENDED || !this.#child.connected;
  }

  hangUp(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** The trainings of the lab, a process each. */
export class Labs {
  readonly #folder: string;
  readonly #labs = new Map<string, Lab>();
  #recipes: Promise<LabRecipe[]> | undefined;
  readonly #timer: NodeJS.Timeout;

  /** @param folder for their runs */
  constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => {
      for (const [id, lab] of this.#labs) if (lab.tend(Date.now())) this.end(id);
    }, 5000);
    this.#timer.unref();
  }

  /** Recipes that train on points as they are. */
  async recipes(): Promise<LabRecipe[]> {
    const program = new URL("./engine/recipes.js", import.meta.url);
    this.#recipes ??= promisify(execFile)(process.execPath, [program.pathname]).then(
      ({ stdout }) => JSON.parse(stdout) as LabRecipe[],
    );
    this.#recipes.catch(() => {
      this.#recipes = undefined;
    });
    return await this.#recipes;
  }

  /** @returns its number */
  begin(request: LabRequest): string {
    const oldest = this.#labs.keys().next().value;
    if (this.#labs.size >= MOST && oldest !== undefined) this.end(oldest);
    const id = randomBytes(8).toString("hex");
    const lab = new Lab();
    this.#labs.set(id, lab);
    lab.order({ do: "begin", request, folder: this.#folder });
    return id;
  }

  /** @throws Refusal for one that has ended */
  get(id: string): Lab {
    const lab = this.#labs.get(id);
    if (lab === undefined) throw new Refusal("This training of the lab has ended; it is among the runs.");
    return lab;
  }

  /** Lets it save a checkpoint, and end. */
  end(id: string): void {
    this.#labs.get(id)?.hangUp();
    this.#labs.delete(id);
  }

  /** Waits until all have saved theirs. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const all = [...this.#labs.values()];
    for (const id of [...this.#labs.keys()]) this.end(id);
    await within(Promise.all(all.map(({ ended }) => ended)), 20_000);
  }
}
