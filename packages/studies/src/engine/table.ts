// What tables of trainings are made of.
import type { JsonObject, Named } from "@gantry/gan";
import type { SweepSpec } from "@gantry/gan/sweep";

/** One line of a table: a composition. Its summary is what it is called in words. */
export interface Row extends Named, Composition {
  /** Names of the data that it is trained on. Default: all. */
  readonly on?: readonly string[];
  /** Nothing is trained: the data itself is judged. Its composition names nothing but the evaluation. Default false. */
  readonly real?: boolean;
  /** The paper's numbers by data and metric, as printed. */
  readonly paper?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type Composition = Omit<Exclude<SweepSpec["recipes"][number], string>, "name">;

/** Values by the paths of settings. */
export type Settings = NonNullable<SweepSpec["settings"]>;

/** How much is trained, and how it is looked at. */
export interface TablePace extends Named {
  readonly name: "quick" | "paper";
  /** Of all rows, by path. */
  readonly settings: Settings;
  readonly evaluation: {
    readonly every: number | { readonly epochs: number };
    readonly metrics: string;
    readonly samples: number;
  };
}

/** A number of a table. */
export interface Column {
  readonly metric: string;
  readonly title: string;
  readonly digits: number;
  /** Of the end, or the best over training. Default last. */
  readonly how?: "last" | "best";
  /** Default lower. */
  readonly better?: "lower" | "higher";
}

/** What is trained on, and through which network it is looked at. */
export interface Place {
  readonly data: { readonly name: string } & JsonObject;
  /** A feature network, by name. */
  readonly network: string;
  /** Where it is of another size than the images. Default: refused. */
  readonly resize?: "lanczos3";
  /** The paper's settings on this data, by path, where they differ. */
  readonly settings?: Settings;
  /** What is to be said of it, where it is not the paper's own. A whole sentence without a full stop. */
  readonly words?: string;
}

/** A data set of a paper's table, by the name that `--data NAME=PATH` and `--problems` have for it. */
export interface TableData extends Named {
  readonly paper: Place;
  /** Default: left out at the quick pace, unless somebody says where it is. */
  readonly quick?: Place;
  /** At the quick pace only where somebody names it. Default false. */
  readonly onRequest?: boolean;
}
