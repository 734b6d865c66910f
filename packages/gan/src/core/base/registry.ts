import { readdir } from "node:fs/promises";
import { UsageError } from "./errors.js";
import type { PartSource } from "./plugins/source.js";
import { unknownName } from "./unknown.js";

/** What every member of an open set has. */
export interface Named {
  /** What users type. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
}

/** What a member of an open set must have, by property; what it may have beside is not looked at. */
export interface Shape {
  /** Properties that only members of this set have: what has them is meant as one. */
  readonly marks: readonly string[];
  readonly needs: Readonly<Record<string, "text" | "number" | "function" | "options" | "object" | "list">>;
}

/** Where a member that came from outside did so. */
export interface Origin {
  /** As it was named, for messages: `./dragan.ts`. */
  readonly label: string;
  /** Undefined for what a program gave. */
  readonly source: PartSource | undefined;
}

/** Every open set of this process that takes members from outside. */
export const openSets: Registry<Named>[] = [];

/**
 * An open set (terms, network families, recipes, data sets, metrics, commands) as the files of a folder or several: each file's
 * default export is one member, so that adding a member is adding a file and no list is edited. Members from outside
 * Gantry join them by {@link add}.
 */
export class Registry<T extends Named> {
  /** What a member is called in messages, as `term`. */
  readonly kind: string;
  /** Undefined for sets that take no member from outside. */
  readonly shape: Shape | undefined;
  readonly #folders: readonly URL[];
  readonly #origins = new Map<string, Origin>();
  #members: Promise<Map<string, T>> | undefined;

  /**
   * @param kind what a member is called in messages, as `term`
   * @param folders URLs of one folder or several, ending in `/`
   * @param shape by which a member from outside is known
   */
  constructor(kind: string, folders: URL | readonly URL[], shape?: Shape) {
    this.kind = kind;
    this.#folders = [folders].flat();
    this.shape = shape;
    if (shape !== undefined) openSets.push(this as unknown as Registry<Named>);
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
    throw new UsageError(unknownName(this.kind, name, [...members.keys()]));
  }

  /**
   * Takes a member from outside; one that is in already stays.
   * @throws UsageError where another has its name
   */
  async add(member: T, origin: Origin): Promise<void> {
    const members = await this.all();
    if (members.get(member.name) === member) return;
    await this.refuseTaken(member, origin);
    this.#origins.set(member.name, origin);
    this.#members = Promise.resolve(sorted([...members.values(), member]));
  }

  /** @throws UsageError where another member has this one's name */
  async refuseTaken(member: T, { label }: Origin): Promise<void> {
    const other = (await this.all()).get(member.name);
    if (other === undefined || other === member) return;
    const owner = this.#origins.get(member.name)?.label;
    throw new UsageError(
      `${label}: the name of the ${this.kind} '${member.name}' is taken, by ${owner ?? "one of Gantry's own"}; give it another`,
    );
  }

  /** Where a member came from; undefined for Gantry's own. */
  origin(name: string): Origin | undefined {
    return this.#origins.get(name);
  }

  async #load(): Promise<Map<string, T>> {
    const files = await Promise.all(
      this.#folders.map(async (folder) =>
        (await readdir(folder)).flatMap((file) =>
          file.endsWith(".js") && !file.endsWith(".test.js") ? [new URL(file, folder)] : [],
        ),
      ),
    );
    const modules = await Promise.all(
      files.flat().map(({ href }) => import(href) as Promise<{ default?: T }>),
    );
    return sorted(modules.flatMap((module) => (module.default === undefined ? [] : [module.default])));
  }
}

const sorted = <T extends Named>(members: readonly T[]): Map<string, T> =>
  new Map([...members].sort((a, b) => (a.name < b.name ? -1 : 1)).map((member) => [member.name, member]));
