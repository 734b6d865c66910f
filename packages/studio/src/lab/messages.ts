// What the lab's page, its server and the process that trains say to each other, as JSON.

/** A training in the lab, in the words of the command line. */
export interface LabRequest {
  readonly recipe: string;
  /** `name:option=value`, each. */
  readonly with: readonly string[];
  /** `path=value`, each. */
  readonly set: readonly string[];
  readonly seed: number;
  readonly data: { readonly name: string; readonly points?: readonly (readonly [number, number])[] };
}

/** What a process is to do, one after the other; each is answered once. */
export type LabOrder =
  | { readonly do: "begin"; readonly request: LabRequest; readonly folder: string }
  /** One iteration, without a picture of it. */
  | { readonly do: "iterate" }
  | { readonly do: "picture" }
  /** One step of a phase. */
  | { readonly do: "step"; readonly phase: string }
  /** Goes on under other settings, as a fork. */
  | { readonly do: "change"; readonly with: readonly string[]; readonly set: readonly string[] };

/** A picture of a game on points. Numbers are rounded to what can be seen. */
export interface LabFrame {
  /** The run's folder's name. */
  readonly run: string;
  readonly iteration: number;
  readonly steps: number;
  readonly done: boolean;
  /** Phases that can be stepped alone. */
  readonly phases: readonly string[];
  /** Half the side of the square around 0 that is shown. */
  readonly reach: number;
  /** x, y of each, one after the other. */
  readonly real: readonly number[];
  readonly fake: readonly number[];
  /** D's raw scores on a square grid, rows from the bottom; null where it judges no single points. */
  readonly surface: readonly number[] | null;
  /** G of a square grid of latents, x, y each, rows one after the other; null where its latents have but one number. */
  readonly manifold: readonly number[] | null;
  /** At some fakes: x, y, and the slope of D's score along each axis. */
  readonly arrows: readonly number[] | null;
  /** Centre, radius of three deviations, and the fakes in it, of each mode. */
  readonly modes: readonly number[];
  readonly scalars: Readonly<Record<string, number>>;
}

/** What became of an order. */
export interface LabAnswer {
  /** Its picture, where one was wanted. */
  readonly frame?: LabFrame;
  /** Why nothing came of it. */
  readonly trouble?: string;
  readonly iteration: number;
  readonly done: boolean;
}

/** Trainings side by side, as they are now: all of one iteration, but for those that are done. */
export interface LabJson {
  /** Rises with every change. */
  readonly count: number;
  readonly playing: boolean;
  readonly sides: readonly {
    readonly recipe: string;
    readonly frame: LabFrame | null;
    readonly trouble: string | null;
  }[];
}

/** A recipe that trains on points as it is. */
export interface LabRecipe {
  readonly name: string;
  readonly summary: string;
}
