import type { RunEvent } from "@gantry/gan/run";
import type { FindingJson } from "../json.js";
import { isObject } from "../objects.js";

const SEVERITIES = ["info", "warning", "problem"] as const;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** A finding, as a training's diagnosis writes it into the events; undefined for other events. What is not understood is left out. */
export function findingOf(event: RunEvent, iteration: number): FindingJson | undefined {
  if (event.event !== "finding") return undefined;
  const inner = isObject(event.finding) ? event.finding : event;
  const name = text(inner.name) || text(inner.finding) || "finding";
  return {
    name,
    severity: SEVERITIES.find((severity) => severity === inner.severity) ?? "warning",
    iteration,
    title: text(inner.title) || text(inner.summary) || name,
    text: text(inner.text) || text(inner.message),
    advice: Array.isArray(inner.advice) ? inner.advice.map(text).filter((line) => line !== "") : [],
  };
}
