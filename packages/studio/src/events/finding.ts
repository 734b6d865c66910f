import type { RunEvent } from "@gantry/gan/run";
import type { FindingJson } from "../json.js";

const SEVERITIES = ["info", "warning", "problem"] as const;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** `mode-collapse` as `Mode collapse`. */
const titled = (name: string): string =>
  name.replaceAll("-", " ").replace(/^./, (letter) => letter.toUpperCase());

/**
 * A finding, as a training's diagnosis writes it into the events: `{ event: "finding", name, began, measured, value, threshold, trouble }`;
 * undefined for other events. What is not understood is left out.
 * @param noticed the event's iteration
 */
export function findingOf(event: RunEvent, noticed: number): FindingJson | undefined {
  if (event.event !== "finding") return undefined;
  const { began, severity, advice } = event;
  const name = text(event.name) || "finding";
  return {
    name,
    severity: SEVERITIES.find((each) => each === severity) ?? "warning",
    iteration: typeof began === "number" ? began : noticed,
    noticed,
    title: text(event.title) || titled(name),
    text: text(event.text) || evidenceOf(event),
    advice: Array.isArray(advice) ? advice.map(text).filter((line) => line !== "") : [],
  };
}

/** Why it is one: a number against its threshold. */
function evidenceOf({ measured, value, threshold, trouble }: RunEvent): string {
  if (typeof measured !== "string" || typeof value !== "number" || typeof threshold !== "number") return "";
  const short = (number: number) => String(Number(number.toPrecision(3)));
  return `${measured}: ${short(value)}, ${trouble === "above" ? "above" : "below"} ${short(threshold)}`;
}
