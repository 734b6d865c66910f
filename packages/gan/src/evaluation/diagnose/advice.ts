import { shellWord } from "../../core/base/shellWord.js";
import type { Config } from "../../core/config/schema.js";
import type { DataShape } from "../../core/nets/sample.js";

/** A change of a composition that helps against a finding. */
export interface Remedy {
  /** What it does, in a few words. */
  readonly meaning: string;
  /** Terms to add, as --with names them; none of them may be there already. */
  readonly with?: readonly string[];
  /** Terms to take out. */
  readonly without?: readonly string[];
  /** Settings, as --set has them; of the configuration at hand. */
  readonly set?: (config: Config) => readonly string[];
  /** What it suits; default every composition. */
  readonly suits?: (config: Config, data: DataShape) => boolean;
  /**
   * Where the new run begins: `start` trains anew with the run's seed; `before` goes on from the newest checkpoint of before the
   * trouble, or anew where there is none; `here` goes on from the newest checkpoint.
   */
  readonly from: "start" | "before" | "here";
}

/** Where an advice is typed: a run as the user names it, with what it still has. */
export interface Place {
  readonly run: string;
  readonly config: Config;
  readonly data: DataShape;
  /** Iterations of its checkpoints, ascending. */
  readonly checkpoints: readonly number[];
  /** When the trouble began. */
  readonly began: number;
}

/** A command line that helps, and what it does. */
export type Advice = readonly [command: string, meaning: string];

const termsOf = ({ terms }: Config): Set<string> =>
  new Set(Object.entries(terms).flatMap(([name, { term }]) => [name, term ?? name]));

/** Whether what a remedy adds is new here, and what it takes out is there. */
export function fits(
  { with: added = [], without = [], suits }: Remedy,
  config: Config,
  data: DataShape,
): boolean {
  const present = termsOf(config);
  return (
    added.every((word) => !present.has(word.replace(/^[^=:]*=/, "").replace(/:.*$/, ""))) &&
    without.every((name) => name in config.terms) &&
    (suits?.(config, data) ?? true)
  );
}

/** The command for a remedy. A fork keeps recipe, preset, data and all settings of the run. */
export function commandOf(remedy: Remedy, place: Place): string {
  const { run, config, checkpoints, began } = place;
  const before = checkpoints.filter((iteration) => iteration < began).at(-1);
  const at = remedy.from === "here" ? checkpoints.at(-1) : remedy.from === "before" ? before : undefined;
  const words = [
    ...(remedy.with ?? []).flatMap((term) => ["--with", shellWord(term)]),
    ...(remedy.without ?? []).flatMap((term) => ["--without", shellWord(term)]),
    ...(remedy.set?.(config) ?? []).flatMap((setting) => ["--set", shellWord(setting)]),
  ];
  // From a checkpoint at the end there is nothing left to train.
  const more = at !== undefined && 2 * at > config.steps ? ["--steps", String(2 * at)] : [];
  return ["gantry fork", shellWord(at === undefined ? `${run}@0` : `${run}@${at}`), ...words, ...more].join(
    " ",
  );
}

/** At most so many: one at a time is tried. */
const MOST = 3;

export const adviseOn = (remedies: readonly Remedy[], place: Place): Advice[] =>
  remedies
    .filter((remedy) => fits(remedy, place.config, place.data))
    .slice(0, MOST)
    .map((remedy) => [commandOf(remedy, place), remedy.meaning]);
