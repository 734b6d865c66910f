import type { FindingJson, RunState } from "../../src/json.js";
import { STATES } from "./words.js";

/** What a run is doing: a colour, and always the word. */
export const StateMark = ({ state }: { readonly state: RunState }) => (
  <span class={`state state-${state}`}>
    <span class="dot" aria-hidden="true" />
    {STATES[state]}
  </span>
);

/** The colour of a run or group in plots. */
export const Swatch = ({ place }: { readonly place: number }) => (
  <span class="swatch" style={{ background: colourOf(place) }} aria-hidden="true" />
);

/** Colours told apart, in the sheet of styles for light and for dark; beyond them hues far from each other. */
export const colourOf = (place: number): string =>
  place < 8 ? `var(--line-${place})` : `hsl(${Math.round((place * 137.5) % 360)} 60% 50%)`;

const WEIGHT = { problem: 2, warning: 1, info: 0 } as const;

/** The weightiest of findings first, and of those the latest. */
export const byWeight = (findings: readonly FindingJson[]): FindingJson[] =>
  findings.toSorted((a, b) => WEIGHT[b.severity] - WEIGHT[a.severity] || b.iteration - a.iteration);

const SIGNS = { problem: "!", warning: "!", info: "i" } as const;

export const Severity = ({ severity }: Pick<FindingJson, "severity">) => (
  <span class={`severity severity-${severity}`}>
    <span aria-hidden="true">{SIGNS[severity]}</span>
    <span class="unseen">{severity}: </span>
  </span>
);
