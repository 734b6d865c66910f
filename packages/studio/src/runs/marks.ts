import type { RunEvent } from "@gantry/gan/run";
import { findingOf } from "../events/finding.js";
import { GrowingLines } from "../events/lines.js";
import type { FindingJson } from "../json.js";
import { isObject, objectOf } from "../objects.js";

/** What makes a line worth reading for the list: an event with a name, which most are not. */
const NAMED = Buffer.from('"event":"');
/** Scores of points are scalars; the last of them counts. */
const POINTS = Buffer.from('"points/modes":');
/** Findings of a run that the list tells. */
const MOST = 20;

/** Of a run's events what its row in the list tells: findings and scores. Other lines are looked at, and not understood. */
export class Marks {
  readonly #lines: GrowingLines;
  findings: FindingJson[] = [];
  /** Of evaluations during training, the latest of each name. */
  scores = new Map<string, { readonly value: number; readonly better: string }>();
  /** The last line with scores of points. */
  #points: string | undefined;

  constructor(file: string) {
    this.#lines = new GrowingLines(
      file,
      (line) => this.#take(line),
      () => {
        this.findings = [];
        this.scores.clear();
        this.#points = undefined;
      },
    );
  }

  /** See {@link GrowingLines.read}. */
  async read(patience?: number): Promise<boolean> {
    return await this.#lines.read(patience);
  }

  /** How many modes of points were covered at last; undefined for images. */
  get modes(): number | undefined {
    const text = /"points\/modes":(\d+)/.exec(this.#points ?? "")?.[1];
    return text === undefined ? undefined : Number(text);
  }

  #take(line: Buffer): void {
    if (line.includes(POINTS)) this.#points = line.toString("utf8");
    if (!line.includes(NAMED)) return;
    const event = objectOf(line);
    if (event === undefined) return;
    const iteration = typeof event.iteration === "number" ? event.iteration : 0;
    if (event.event === "resume") this.findings = this.findings.filter(({ noticed }) => noticed <= iteration);
    const finding = findingOf(event as RunEvent, iteration);
    if (finding !== undefined) this.findings = [...this.findings, finding].slice(-MOST);
    const report = isObject(event.report) ? event.report : {};
    if (event.event === "evaluation" && Array.isArray(report.scores)) this.#scored(report.scores);
  }

  #scored(scores: readonly unknown[]): void {
    for (const score of scores) {
      if (!isObject(score)) continue;
      const { name, value, better } = score;
      if (typeof name === "string" && typeof value === "number")
        this.scores.set(name, { value, better: String(better) });
    }
  }
}
