import { readdir } from "node:fs/promises";
import { UsageError } from "./errors.js";
import { nearest } from "./nearest.js";

/** What every member of an open set has. */
export interface Named {
  /** What users type. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
}

/**
 * An open set (terms, network families, recipes, data sets, metrics, commands) as the files of a folder: each file's
 * default export is one member, so that adding a member is adding a file and no list is edited.
 */
export class Registry<T extends Named> {
  readonly #kind: string;
  readonly #folder: URL;
  #members: Promise<Map<string, T>> | undefined;

  /** @param kind what a member is called in messages, as `term` @param folder the folder's URL, ending in `/` */
  constructor(kind: string, folder: URL) {
    this.#kind = kind;
    this.#folder = folder;
  }

  /** Every member, by name in alphabetical order. The files are imported once. */
  all(): Promise<Map<string, T>> {
    this.#members ??= this.#load();
    return this.#members;
  }

  /** @throws UsageError naming the nearest known member when there is none of this name */
  async get(name: string): Promise<T> {
    const members = await this.all();
    const member = members.get(name);
    if (member !== undefined) return member;
    const close = nearest(name, members.keys());
    throw new UsageError(
      `unknown ${this.#kind} '${name}'${close === undefined ? "; known" : `; did you mean '${close}'? Known`}: ${[...members.keys()].join(", ")}`,
    );
  }

  async #load(): Promise<Map<string, T>> {
    const files = (await readdir(this.#folder)).filter(
      (file) => file.endsWith(".js") && !file.endsWith(".test.js"),
    );
    const modules = await Promise.all(
      files.map((file) => import(new URL(file, this.#folder).href) as Promise<{ default?: T }>),
    );
    const members = modules.flatMap((module) => (module.default === undefined ? [] : [module.default]));
    return new Map(members.sort((a, b) => (a.name < b.name ? -1 : 1)).map((member) => [member.name, member]));
  }
}
