import { holdsScalars, type RunEvent, tellsWhen } from "@gantry/gan/run";
import type { CurveJson, FindingJson } from "../json.js";
import { isObject, objectOf } from "../objects.js";
import { findingOf } from "./finding.js";
import { Series } from "./series.js";

/** Names of scalars that are followed, restarts, evaluations and findings that are kept: nobody has as many. */
const MOST = 1000;

/**
 * What the lines of a run's events.jsonl tell, in memory that does not grow with them: curves thinned, and what is no curve.
 */
export class History {
  readonly #series = new Map<string, Series>();
  /** Of what is past, by the stretch between two resumes: see summariseRun(). */
  #kept: RunEvent[] = [];
  /** The last scalars, and the last scores of points. */
  #last: RunEvent | undefined;
  #lastPoints: RunEvent | undefined;
  #iteration = 0;
  #times: { iteration: number; seconds: number }[] = [];
  readonly #hasGaps: boolean;
  restarts: { iteration: number; before: number }[] = [];
  findings: FindingJson[] = [];

  /** @param hasGaps whether only some of the lines are given: a training that goes back was resumed between them */
  constructor(hasGaps = false) {
    this.#hasGaps = hasGaps;
  }

  /** The farthest iteration that still holds. */
  get iteration(): number {
    return this.#iteration;
  }

  /** Iterations a second over the last few reports; undefined before there are two. */
  get speed(): number | undefined {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (first === undefined || last === undefined || last.seconds <= first.seconds) return undefined;
    return (last.iteration - first.iteration) / (last.seconds - first.seconds);
  }

  /** Events from which a run is summed up: few, whatever there are. */
  get events(): RunEvent[] {
    return [...this.#kept, ...[this.#lastPoints, this.#last].filter((event) => event !== undefined)];
  }

  /** Every scalar in at most `limit` stretches, by its name in alphabetical order. */
  curves(limit: number, from?: number, to?: number): Record<string, CurveJson> {
    const names = [...this.#series.keys()].sort();
    return Object.fromEntries(names.map((name) => [name, this.#series.get(name)!.curve(limit, from, to)]));
  }

  /** @param line without its end; what is none of Gantry's is left out */
  take(line: Buffer): void {
    const event = objectOf(line);
    if (event === undefined) return;
    const iteration = typeof event.iteration === "number" ? event.iteration : undefined;
    if (event.event === "resume") {
      this.#resume(iteration ?? 0);
      return;
    }
    if (this.#hasGaps && event.event === undefined && iteration !== undefined && iteration < this.#iteration)
      this.#goBackTo(iteration - 1);
    if (iteration !== undefined && iteration > this.#iteration) this.#iteration = iteration;
    if (event.event !== undefined) this.#happened(event as RunEvent, iteration ?? this.#iteration);
    if (iteration === undefined) return;
    if (event.event === undefined) this.#told(event as RunEvent, iteration);
    if (holdsScalars(event as RunEvent))
      for (const name in event) if (!tellsWhen(name)) this.#push(name, iteration, event[name]);
    // What a diagnosis looks at.
    if (isObject(event.signals))
      for (const name in event.signals) this.#push(`signals/${name}`, iteration, event.signals[name]);
  }

  #push(name: string, iteration: number, value: unknown): void {
    if (value !== null && typeof value !== "number") return;
    let series = this.#series.get(name);
    if (series === undefined) {
      if (value === null || this.#series.size >= MOST) return;
      series = new Series();
      this.#series.set(name, series);
    }
    // What is not finite is null in JSON.
    series.push(iteration, value === null ? Number.NaN : value);
  }

  #happened(event: RunEvent, iteration: number): void {
    const finding = findingOf(event, iteration);
    if (finding !== undefined && this.findings.length < MOST) this.findings.push(finding);
    if (event.event === "evaluation" && this.#kept.length < 2 * MOST) this.#kept.push(event);
  }

  #told(event: RunEvent, iteration: number): void {
    if (typeof event.seconds === "number") {
      this.#last = event;
      this.#times.push({ iteration, seconds: event.seconds });
      if (this.#times.length > 10) this.#times.shift();
    } else this.#lastPoints = event;
  }

  #resume(iteration: number): void {
    const event = { event: "resume", iteration };
    this.#kept = [...this.events, event].slice(-2 * MOST);
    this.#last = undefined;
    this.#lastPoints = undefined;
    this.restarts = [...this.restarts, { iteration, before: this.#iteration }].slice(-MOST);
    this.#goBackTo(iteration);
  }

  #goBackTo(iteration: number): void {
    this.#times = [];
    this.findings = this.findings.filter(({ noticed }) => noticed <= iteration);
    this.#iteration = Math.min(this.#iteration, iteration);
    for (const series of this.#series.values()) series.giveUpAfter(iteration);
  }
}
