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

/** What the process is to do. */
export type LabOrder =
  | { readonly do: "begin"; readonly request: LabRequest; readonly folder: string }
  /** @property rate iterations a second, 0 for as many as it can */
  | { readonly do: "play"; readonly rate: number }
  | { readonly do: "pause" }
  /** One iteration, or one step of a phase. */
  | { readonly do: "step"; readonly phase: string | null }
  /** Goes on under other settings, as a fork. */
  | { readonly do: "change"; readonly with: readonly string[]; readonly set: readonly string[] }
  | { readonly do: "end" };

/** A picture of a game on points. Numbers are rounded to what can be seen. */
export interface LabFrame {
  /** The run's folder's name. */
  readonly run: string;
  readonly iteration: number;
  readonly steps: number;
  readonly playing: boolean;
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

/** What the process tells. */
export type LabAnswer =
  | { readonly kind: "frame"; readonly frame: LabFrame }
  | { readonly kind: "trouble"; readonly message: string };

/** A recipe that trains on points as it is. */
export interface LabRecipe {
  readonly name: string;
  readonly summary: string;
}
