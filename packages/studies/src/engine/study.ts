import { type Named, Registry } from "@gantry/gan";
import type { Cell, Outcome } from "@gantry/gan/sweep";
import { type PaperKey, studyFolders } from "./papers.js";

/** What a study is asked to do; what is left out the study decides. */
export interface StudyRequest {
  readonly seeds: number;
  readonly iterations?: number | undefined;
  /** Processor seconds of each training, for studies that go by them. */
  readonly seconds?: number | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly problems?: readonly string[] | undefined;
  /** One of the study's settings. */
  readonly pace?: string | undefined;
  /** For studies of images: names or paths of data, by the study's names of problems. */
  readonly data?: Readonly<Record<string, string>> | undefined;
}

/** What surrounds the measurement of one cell. */
export interface Workplace {
  /**
   * A folder of the cell's own, for whatever lets it go on after it was killed. It need not exist; it is removed when the
   * cell is done, unless the study says that it is kept.
   */
  readonly folder: string;
  /** How far the cell has come, in one line. */
  readonly tell: (message: string) => void;
  /** Aborted where it is to end, with all saved that lets it go on; for studies whose cells end themselves. */
  readonly signal: AbortSignal;
}

/** What surrounds a study's preparation. */
export interface Preparation {
  /** Called often: the receiver decides how much of it to show. */
  readonly onProgress: (progress: { what: string; done: number; total: number; unit: string }) => void;
  readonly signal: AbortSignal;
  /** What is to be measured. */
  readonly cells: readonly Cell[];
}

/** What a study found. */
export interface StudyReport {
  /** For people, on a terminal. */
  readonly text: string;
  /** For people, as a page; it shows the pictures by their file names. */
  readonly markdown: string;
  /** For programs: plain JSON. */
  readonly data: object;
  /** By file name without extension: SVG as text, PNG as bytes. */
  readonly pictures: ReadonlyMap<string, string | Uint8Array>;
}

/** An experiment of several cells: a file in studies/. */
export interface Study<Result = unknown> extends Named {
  /** Papers that it repeats. */
  readonly source: string;
  /** The text whose tables or figures it is; undefined for studies across texts. */
  readonly paper?: PaperKey;
  /** Of that text, as `table 3`. */
  readonly shows?: string;
  /** Rows of docs/studies/README.md that it tests, as `I11`. */
  readonly claims?: readonly string[];
  readonly problems: readonly Named[];
  readonly methods: readonly Named[];
  /** Settings to choose from; the first is the default. */
  readonly paces: readonly Named[];
  /** Cells that are done keep their folders: asked for more iterations, they go on from there. Default false. */
  readonly keepsWork?: boolean;
  /** Its cells hear the workplace's signal, and save where they are. Default false: their processes are ended at once. */
  readonly endsItself?: boolean;
  /** Whether `--data` has a meaning: its problems are data sets that may lie elsewhere. Default false. */
  readonly takesData?: boolean;
  /** Repetitions where nobody says how many. */
  readonly seeds: number;
  /**
   * The cells of a request.
   * @throws UsageError for unknown names
   */
  cells(request: StudyRequest): Promise<Cell[]>;
  /**
   * Makes what every cell needs, once, before the first is measured.
   * @throws UsageError, RunError where it cannot be had
   */
  prepare?(preparation: Preparation): Promise<void>;
  /**
   * Measures one cell; called in a process of its own.
   * @returns plain JSON
   * @throws what made it fail
   */
  measure(cell: Cell, workplace: Workplace): Promise<Result>;
  /**
   * Sums up whatever was measured.
   * @param asked what was asked for beyond the study and its pace, as it is typed, for the page's command: `--iterations 2000`
   */
  report(outcomes: readonly Outcome<Result>[], asked?: string): StudyReport;
}

/** Lets TypeScript check a study's shape; whoever runs studies knows nothing of their results. */
export const defineStudy = <Result>(study: Study<Result>): Study => study as Study;

export const studies = new Registry<Study>("study", studyFolders(new URL("../", import.meta.url)), {
  marks: ["cells", "measure"],
  needs: {
    name: "text",
    summary: "text",
    source: "text",
    problems: "list",
    methods: "list",
    paces: "list",
    seeds: "number",
    cells: "function",
    measure: "function",
    report: "function",
  },
});
