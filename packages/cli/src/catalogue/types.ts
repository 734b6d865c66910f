import type { OptionDescription } from "@gantry/gan";
import type { Places } from "@gantry/gan/places";

/** A term that a recipe composes under another name. */
export interface Instance {
  readonly name: string;
  readonly term: string;
  readonly recipe: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a recipe is trained on, under one preset or none. */
export interface Setting {
  /** Name of the data set; null where it is opened by a path. */
  readonly data: string | null;
  readonly family: string;
  readonly terms: readonly string[];
  readonly batch: number;
  readonly steps: number;
}

export interface RecipeEntry {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly extends: string | null;
  /** Key and title of the head that it is listed under; null for one of one's own without. */
  readonly group: { readonly key: string; readonly title: string } | null;
  readonly when: string | null;
  /** The kind of data that its networks take, and sides of images that they do. */
  readonly kind: "points" | "images";
  readonly sizes: readonly number[];
  /** Whether the data must have classes. */
  readonly labels: boolean;
  /** Without a preset, and with each that it takes; null where one of one's own is not whole by itself. */
  readonly plain: Setting | null;
  readonly presets: Readonly<Record<string, Setting | null>>;
  /** Minutes (0: under one) and GiB of the preset `small`; null where not measured. */
  readonly measured: { readonly minutes: number | null; readonly memory: number } | null;
}

export interface TermEntry {
  readonly name: string;
  readonly kind: string;
  readonly summary: string;
  readonly source: string;
  readonly separable: boolean;
  /** A recipe that it goes on. */
  readonly on: string;
  readonly options: readonly OptionDescription[];
}

export interface DatasetEntry {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly string[];
  /** Opened by its path alone. */
  readonly byPath: boolean;
  /** Null for data that is computed, and for a set of one's own that looks for itself. */
  readonly places: Places | null;
}

export interface NamedEntry {
  readonly name: string;
  readonly summary: string;
}

export interface StudyEntry extends NamedEntry {
  readonly source: string;
  readonly paper: string | null;
  readonly shows: string | null;
  readonly claims: readonly string[];
  readonly problems: readonly NamedEntry[];
  readonly methods: readonly NamedEntry[];
  readonly paces: readonly NamedEntry[];
  readonly seeds: number;
}

/** Every open set, each by name in alphabetical order. Plain JSON. */
export interface Catalogue {
  readonly recipes: readonly RecipeEntry[];
  /** What minutes and memory of recipes were measured on. */
  readonly measuredOn: string;
  readonly terms: readonly TermEntry[];
  readonly instances: readonly Instance[];
  readonly families: readonly (NamedEntry & { readonly options: readonly string[] })[];
  readonly datasets: readonly DatasetEntry[];
  readonly metrics: readonly NamedEntry[];
  readonly studies: readonly StudyEntry[];
  readonly papers: readonly { readonly key: string; readonly title: string }[];
  /** Paths of settings that belong to no term, family or data set: `schedule.accumulate`. */
  readonly settings: readonly string[];
}
