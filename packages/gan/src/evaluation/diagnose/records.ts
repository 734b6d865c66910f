import { isObject } from "../../core/base/json.js";
import { curvesOf } from "../../core/run/curves.js";
import { type RunDirectory, type RunEvent, standing } from "../../core/run/directory.js";
import type { Found } from "./diagnose.js";
import type { Evidence, Finding } from "./finding.js";
import type { History, Reading } from "./history.js";

/** Events of a run's by which its diagnosis is kept. */
export const SIGNALS = "signals";
export const FINDING = "finding";

/** A reading as a line of events.jsonl. */
export const readingEvent = ({ iteration, signals }: Reading): RunEvent => ({
  event: SIGNALS,
  iteration,
  signals,
});

/** A finding as a line of events.jsonl. */
export function findingEvent({ finding, evidence, noticed }: Found): RunEvent {
  const { curve: _, ...told } = evidence;
  return { event: FINDING, iteration: noticed, name: finding.name, ...told };
}

/** Readings among events that still hold, by iteration. */
export function readingsOf(events: readonly RunEvent[]): Reading[] {
  const found = new Map<number, Reading>();
  for (const { event, iteration, signals } of standing(events)) {
    if (event !== SIGNALS || iteration === undefined || !isObject(signals)) continue;
    const numbers = Object.entries(signals).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number",
    );
    found.set(iteration, { iteration, signals: Object.fromEntries(numbers) });
  }
  return [...found.values()].sort((a, b) => a.iteration - b.iteration);
}

/**
 * Findings that were told, of those that are known here.
 * @param known by name
 */
export function toldIn(events: readonly RunEvent[], known: ReadonlyMap<string, Finding>): Found[] {
  return standing(events).flatMap((event): Found[] => {
    const finding = known.get(String(event.name));
    if (event.event !== FINDING || finding === undefined) return [];
    const { began, measured, value, threshold, trouble, iteration = 0 } = event;
    if (typeof began !== "number" || typeof value !== "number" || typeof threshold !== "number") return [];
    const evidence: Evidence = {
      began,
      measured: String(measured),
      value,
      threshold,
      trouble: trouble === "above" ? "above" : "below",
    };
    return [{ finding, evidence, noticed: iteration, until: undefined }];
  });
}

/** What a run's records tell of its training, up to an iteration or as far as it has come. */
export async function historyOf(run: RunDirectory, until = Number.POSITIVE_INFINITY): Promise<History> {
  const events = (await run.readEvents()).filter(({ iteration = 0 }) => iteration <= until);
  const held = standing(events);
  return {
    config: run.config,
    data: run.record.data,
    readings: readingsOf(events),
    curves: curvesOf(events),
    iteration: held.reduce((last, { iteration = 0 }) => Math.max(last, iteration), 0),
  };
}
