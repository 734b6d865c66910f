// What a side trains, as the address keeps it: the recipe, and the command's words for terms and settings.
import type { LabJson } from "../../src/json.js";

export interface Wish {
  readonly recipe: string;
  /** Terms with blanks between them, as `packing:degree=4 infomax`. */
  readonly with: string;
  /** Settings with blanks between them, as `batch=64`. */
  readonly set: string;
}

/** Names of the address's parts: the second side's have a 2 behind them. */
const partsOf = (side: number) => {
  const end = side === 0 ? "" : "2";
  return { recipe: `recipe${end}`, with: `with${end}`, set: `set${end}` } as const;
};

/** The second side has no recipe of its own until it is asked for. */
export function wishOf(address: URLSearchParams, side: number): Wish | undefined {
  const names = partsOf(side);
  const recipe = address.get(names.recipe) ?? (side === 0 ? "gan" : null);
  if (recipe === null) return undefined;
  return { recipe, with: address.get(names.with) ?? "", set: address.get(names.set) ?? "" };
}

/** What of the address changes for a side to wish this; undefined takes the side away. */
export function addressOf(wish: Wish | undefined, side: number): Record<string, string | null> {
  const names = partsOf(side);
  return {
    [names.recipe]: wish?.recipe ?? null,
    [names.with]: wish?.with ?? null,
    [names.set]: wish?.set ?? null,
  };
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== "");

/** What the server is asked to begin. */
export const orderOf = (wish: Wish, recipes: LabJson["recipes"], data: string, seed: number) => ({
  recipe: wish.recipe,
  preset: recipes.find(({ name }) => name === wish.recipe)?.preset ?? undefined,
  with: wordsOf(wish.with),
  set: wordsOf(wish.set),
  ...(data === "" ? {} : { data }),
  seed,
});

/** What goes on from a training that is open, where its side wishes something else now. */
export const changesOf = (wish: Wish, before: Wish, id: string) => {
  const had = wordsOf(before.with);
  const has = wordsOf(wish.with);
  const nameOf = (word: string) => word.split(/[:=]/)[0]!;
  return {
    run: id,
    with: has.filter((word) => !had.includes(word)),
    without: had.map(nameOf).filter((name) => !has.map(nameOf).includes(name)),
    set: wordsOf(wish.set).filter((word) => !wordsOf(before.set).includes(word)),
  };
};
