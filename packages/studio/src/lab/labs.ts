import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { Refusal } from "../refusal.js";
import { within } from "../within.js";
import type { LabRecipe, LabRequest } from "./messages.js";
import { Session } from "./session.js";

/** Sessions at once: two pages. */
const MOST = 2;
/** Milliseconds that closing waits for checkpoints. */
const SAVING = 20_000;

/** The lab's sessions: trainings side by side, a process each. */
export class Labs {
  readonly #folder: string;
  readonly #sessions = new Map<string, Session>();
  #recipes: Promise<LabRecipe[]> | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #ending = new Set<Promise<void>>();

  /** @param folder for their runs */
  constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => {
      for (const [id, session] of this.#sessions) if (session.tend(Date.now())) this.end(id);
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

  /** @returns the session's number */
  begin(requests: readonly LabRequest[]): string {
    const oldest = this.#sessions.keys().next().value;
    if (this.#sessions.size >= MOST && oldest !== undefined) this.end(oldest);
    const id = randomBytes(8).toString("hex");
    this.#sessions.set(id, new Session(requests, this.#folder));
    return id;
  }

  /** @throws Refusal for one that has ended */
  get(id: string): Session {
    const session = this.#sessions.get(id);
    if (session === undefined)
      throw new Refusal("These trainings of the lab have ended; they are among the runs.");
    return session;
  }

  /** Lets all of it save checkpoints, and end. */
  end(id: string): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (session === undefined) return;
    const ending = session.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Waits until all have saved theirs. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const id of [...this.#sessions.keys()]) this.end(id);
    await within(Promise.all(this.#ending), SAVING);
  }
}
