import { LeftOutAccount } from "@gantry/formats";
import type { KeptHeader } from "./kept.js";
import type { ImageShape } from "./resize.js";

/** An image of a set that is being decoded, or why there is none. */
export type DecodedItem = { readonly name: string; readonly label: number } & (
  | {
      readonly pixels: Uint8Array;
      readonly shape: ImageShape;
      /** The largest value, where samples had 16 bits. */
      readonly deepest?: number | undefined;
      /** Pictures in its file; of several, this is the first. */
      readonly frames?: number;
    }
  | {
      readonly pixels: undefined;
      readonly reason: "broken" | "unreadable";
      readonly problem: string;
    }
);

/** What the items of a set come to so far; plain JSON. */
export type Tallied = Pick<KeptHeader, "leftOut" | "remarks">;

/** Counts items that could not be decoded, and what is worth saying of those that could. */
export class Tally {
  readonly #account = new LeftOutAccount();
  #deep: Tallied["remarks"]["deep"];
  #several: Tallied["remarks"]["several"];

  constructor(before: Tallied | undefined) {
    this.#account.addAll(before?.leftOut ?? []);
    this.#deep = before?.remarks.deep;
    this.#several = before?.remarks.several;
  }

  add(item: DecodedItem): void {
    if (item.pixels === undefined) {
      this.#account.add(item.reason, item.name, item.problem);
      return;
    }
    const { name, deepest, frames = 1 } = item;
    if (deepest !== undefined) {
      const { count, first, largest } = this.#deep ?? { count: 0, first: name, largest: 0 };
      this.#deep = { count: count + 1, first, largest: Math.max(largest, deepest) };
    }
    if (frames > 1) {
      const { count, first } = this.#several ?? { count: 0, first: name };
      this.#several = { count: count + 1, first };
    }
  }

  get result(): Tallied {
    return { leftOut: this.#account.list(), remarks: { deep: this.#deep, several: this.#several } };
  }
}
