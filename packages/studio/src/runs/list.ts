import type { Json } from "@gantry/gan";
import type { RunsJson } from "../json.js";
import { within } from "../within.js";
import { findRuns } from "./find.js";
import { ListedRun } from "./row.js";

/** Milliseconds for which a look at the folder holds: several pages may ask at once. */
const FRESH = 500;
/** Milliseconds that a list waits for what is behind its rows; the rest is read meanwhile. */
const PATIENCE = 300;
/** Runs looked at side by side. */
const BESIDE = 16;

/** The runs of a folder, as they are now. */
export class RunList {
  readonly folder: string;
  #runs = new Map<string, ListedRun>();
  #refreshing: Promise<void> | undefined;
  #refreshed = Number.NEGATIVE_INFINITY;
  /** What was worked out of the settings of these runs. */
  #varying: { readonly of: string; readonly paths: readonly string[] } = { of: "", paths: [] };

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Looks at the folder, unless that was done just now.
   * @param patience milliseconds after which the rest is looked at in the background
   */
  async refresh(patience = Number.POSITIVE_INFINITY): Promise<void> {
    if (performance.now() - this.#refreshed < FRESH) return;
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshed = performance.now();
      this.#refreshing = undefined;
    });
    await within(this.#refreshing, patience);
  }

  /** The next look is a new one: something was done. */
  forget(): void {
    this.#refreshed = Number.NEGATIVE_INFINITY;
  }

  async #look(): Promise<void> {
    const runs = await this.#find();
    await eachOf(runs, async (run) => {
      if (!(await run.refresh())) this.#runs.delete(run.id);
    });
  }

  async #find(): Promise<ListedRun[]> {
    const found = await findRuns(this.folder, this.#runs);
    const runs = [...found].map(([id, path]) => this.#runs.get(id) ?? new ListedRun(id, path));
    this.#runs = new Map(runs.map((run) => [run.id, run]));
    return runs;
  }

  /** A run by its address; undefined for none. Nothing outside the folder has one. */
  async get(id: string): Promise<ListedRun | undefined> {
    if (!this.#runs.has(id)) await this.#find();
    return this.#runs.get(id);
  }

  async json(): Promise<RunsJson> {
    await this.refresh(PATIENCE);
    const all = [...this.#runs.values()];
    const runs = all.filter(({ isKnown }) => isKnown);
    const end = performance.now() + PATIENCE;
    await eachOf(
      runs.filter(({ hasNews }) => hasNews),
      async (run) => {
        const left = end - performance.now();
        // What is not begun now is begun by the next look: hundreds of files at once would fill the memory.
        if (left > 0) run.hasNews = !(await run.marks.read(left));
      },
    );
    const of = runs.map(({ settingsVersion }) => settingsVersion).join();
    if (of !== this.#varying.of)
      this.#varying = { of, paths: varyingSettings(runs.map(({ settings }) => settings)) };
    const varying = this.#varying.paths;
    return {
      folder: this.folder,
      runs: runs.map((run) => run.row(varying)),
      varying,
      unread: all.filter(({ hasNews }) => hasNews).length,
    };
  }
}

/** Does something with each, several at a time. */
async function eachOf<Item>(items: readonly Item[], action: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: BESIDE }, worker));
}

/** Paths of the settings in which runs differ, those of fewest values first. */
function varyingSettings(all: readonly ReadonlyMap<string, Json>[]): string[] {
  const there = all.filter(({ size }) => size > 0);
  const values = new Map<string, Map<string, number>>();
  for (const settings of there)
    for (const [path, value] of settings) {
      const counts = values.get(path) ?? new Map<string, number>();
      const text = JSON.stringify(value);
      values.set(path, counts.set(text, (counts.get(text) ?? 0) + 1));
    }
  return [...values]
    .filter(([, counts]) => counts.size > 1 || [...counts.values()].some((count) => count < there.length))
    .sort(([a, one], [b, other]) => one.size - other.size || (a < b ? -1 : 1))
    .map(([path]) => path);
}
