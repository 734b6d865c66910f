import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { Lab, type LabCommand, type LabMessage, type LabOrder } from "@gantry/gan/lab";
import type { LabJson } from "../json.js";
import { isObject } from "../objects.js";
import { Refusal } from "../refusal.js";

const ENDED = "This training has ended; begin again.";
/** Where the lab's runs go, in the studio's folder. */
const FOLDER = "lab";
/** Trainings at once: two side by side, and those that are just being left. */
const MOST = 6;
/** Milliseconds that a training waits for somebody to look again, before it ends with a checkpoint. */
const LEFT = 20_000;
/** Milliseconds for which one that has ended still tells why. */
const REMEMBERED = 10_000;
/** Points of one's own. */
const MOST_POINTS = 20_000;

interface Watched {
  readonly lab: Lab;
  readonly listeners: Set<(message: LabMessage) => void>;
  /** Who comes late hears these first. */
  opened?: LabMessage;
  frame?: LabMessage;
  trouble?: LabMessage;
  ended?: true;
  leaving?: NodeJS.Timeout;
}

/** Trainings on points that pages watch and steer, each in a process of its own. */
export class Labs {
  readonly #folder: string;
  readonly #open = new Map<string, Watched>();
  #count = 0;

  /** @param folder the studio's */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Begins one.
   * @throws Refusal for what is no order, and for too many
   */
  async begin(wish: unknown): Promise<string> {
    if (this.json().length >= MOST)
      throw new Refusal("Too many trainings are open; close a page of the lab first.");
    const order = await this.#orderOf(wish);
    const id = String(++this.#count);
    const watched: Watched = {
      lab: new Lab(order, (message) => {
        if (message.say === "opened") watched.opened = message;
        if (message.say === "frame") watched.frame = message;
        if (message.say === "error") watched.trouble = message;
        for (const listener of watched.listeners) listener(message);
      }),
      listeners: new Set(),
    };
    this.#open.set(id, watched);
    void watched.lab.ended.then(() => {
      clearTimeout(watched.leaving);
      watched.ended = true;
      setTimeout(() => this.#open.delete(id), REMEMBERED).unref();
    });
    this.#leaveSoon(watched);
    return id;
  }

  /**
   * Hears what one tells from now on, after what it is.
   * @returns stops hearing
   */
  listen(id: string, listener: (message: LabMessage) => void): () => void {
    const watched = this.#get(id);
    clearTimeout(watched.leaving);
    for (const message of [watched.opened, watched.frame, watched.trouble])
      if (message !== undefined) listener(message);
    watched.listeners.add(listener);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size === 0 && watched.ended === undefined) this.#leaveSoon(watched);
    };
  }

  /** @throws Refusal for one that is not open, and for what is no command */
  do(id: string, command: unknown): void {
    const { lab, ended } = this.#get(id);
    if (ended) throw new Refusal(ENDED);
    lab.do(commandOf(command));
  }

  /** Where each stands. */
  json(): LabJson["trainings"] {
    return [...this.#open]
      .filter(([, { ended }]) => !ended)
      .map(([id, { opened, frame, trouble }]) => ({
        id,
        run: opened?.say === "opened" ? this.#idOf(opened.run) : null,
        frame: frame?.say === "frame" ? frame.frame : null,
        scalars: frame?.say === "frame" ? frame.scalars : {},
        trouble: trouble?.say === "error" ? trouble.message : null,
      }));
  }

  /**
   * Keeps points of a person's own.
   * @returns what an order calls them
   * @throws Refusal for what is no list of points
   */
  async keep(points: unknown): Promise<string> {
    if (!Array.isArray(points) || points.length % 2 !== 0 || points.some((value) => !Number.isFinite(value)))
      throw new Refusal("Points are a list of numbers: x, y, x, y, ...");
    const count = points.length / 2;
    if (count < 1 || count > MOST_POINTS)
      throw new Refusal(`There are ${count} points; the lab takes 1 to ${MOST_POINTS}.`);
    const lines = Array.from({ length: count }, (_, i) => `${points[2 * i]},${points[2 * i + 1]}\n`).join("");
    const name = createHash("sha256").update(lines).digest("hex").slice(0, 12);
    await mkdir(join(this.#folder, FOLDER, "points"), { recursive: true });
    await writeFile(this.#pointsOf(name), lines);
    return name;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ lab }) => lab.close()));
  }

  #get(id: string): Watched {
    const watched = this.#open.get(id);
    if (watched === undefined) throw new Refusal(ENDED);
    return watched;
  }

  #leaveSoon(watched: Watched): void {
    watched.leaving = setTimeout(() => void watched.lab.close(), LEFT);
    watched.leaving.unref();
  }

  #pointsOf = (name: string) => join(this.#folder, FOLDER, "points", `points-${name}.csv`);

  /** A run's address. */
  #idOf = (path: string) => relative(this.#folder, path).split("\\").join("/");

  async #orderOf(wish: unknown): Promise<LabOrder> {
    if (!isObject(wish)) throw new Refusal("A training is described by an object.");
    const { recipe, preset, data, seed, run } = wish;
    const changes = { with: wordsOf(wish.with), without: wordsOf(wish.without), set: wordsOf(wish.set) };
    if (typeof run === "string") {
      const from = this.#open.get(run);
      if (from?.opened?.say !== "opened") throw new Refusal(ENDED);
      const path = from.opened.run;
      await from.lab.close();
      return { kind: "fork", run: path, ...changes, out: this.#free(basename(path).replace(/-\d+$/, "")) };
    }
    if (typeof recipe !== "string") throw new Refusal("Say which recipe.");
    const own = typeof data === "string" && /^points:[0-9a-f]{12}$/.test(data);
    if (own && !existsSync(this.#pointsOf(data.slice(7))))
      throw new Refusal("These points are not here any more.");
    return {
      kind: "train",
      recipe,
      ...(typeof preset === "string" ? { preset } : {}),
      ...(typeof data === "string" && data !== ""
        ? { data: own ? this.#pointsOf(data.slice(7)) : dataOf(data) }
        : {}),
      ...(typeof seed === "number" ? { seed } : {}),
      ...changes,
      out: this.#free(recipe.replaceAll(/[^\w-]/g, "")),
    };
  }

  /** A folder's name that nothing has yet. */
  #free(name: string): string {
    for (let i = 1; ; i++) {
      const path = join(this.#folder, FOLDER, `${name}-${i}`);
      if (!existsSync(path)) return path;
    }
  }
}

/** Files are not named from a page: computed points alone. */
function dataOf(name: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new Refusal("Data is the name of a set of points, as ring or grid.");
  return name;
}

/** @throws Refusal for what is no list of words, and for paths: no code comes from a page */
function wordsOf(words: unknown): string[] {
  if (words === undefined) return [];
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string"))
    throw new Refusal("Terms and settings are lists of words.");
  return words.filter((word) => word !== "");
}

function commandOf(command: unknown): LabCommand {
  if (isObject(command)) {
    const { do: what, count, phase } = command;
    if (what === "close") return { do: "close" };
    if (what === "step" && typeof phase === "string") return { do: "step", phase };
    if (what === "iterate" && Number.isInteger(count) && Number(count) >= 1)
      return { do: "iterate", count: Math.min(1000, Number(count)) };
  }
  throw new Refusal("That is nothing a training does.");
}
