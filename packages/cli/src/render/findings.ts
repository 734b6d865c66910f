import type { FindingReport } from "@gantry/gan/diagnose";
import { count, scalar, wrap } from "./format.js";
import type { Style } from "./style.js";

/** `0.02, below 0.25`. */
const against = ({ value, threshold, trouble }: FindingReport): string =>
  `${scalar(value)}, ${trouble} ${scalar(threshold)}`;

const when = ({ iteration, until }: FindingReport): string => {
  const since = iteration === 0 ? "before the first iteration" : `since iteration ${count(iteration)}`;
  return until === null ? since : `${since}, passed by iteration ${count(until)}`;
};

/** One line of the progress. */
export const describeFinding = (finding: FindingReport): string =>
  `found ${finding.name} (${finding.summary}), ${when(finding)}: ${finding.measured}: ${against(finding)}`;

/** What stands at a training's end: first of all that is said of it. */
export function describeVerdict(
  found: readonly FindingReport[],
  style: Style,
  width: number,
): { readonly text: string; readonly stands: boolean } {
  const standing = found.filter(({ until }) => until === null);
  const passed = found.filter(({ until }) => until !== null);
  const past = passed.map((finding) => `  passed: ${finding.name}, ${when(finding)}`);
  if (standing.length === 0)
    return { text: ["Nothing found by these tests.", ...past].join("\n"), stands: false };
  const blocks = standing.map((finding) => {
    const { name, summary, cause, measured, advice } = finding;
    const lines = [
      ...wrap(`${measured}: ${against(finding)}`, width - 2),
      ...wrap(`Usually: ${cause}`, width - 2),
      ...(advice.length === 0
        ? []
        : [
            "What helps, one at a time:",
            ...advice.flatMap(({ command, meaning }) => [`  ${command}`, `      ${style.dim(meaning)}`]),
          ]),
    ];
    return [
      `${style.bad(`Found: ${name}`)}, ${when(finding)}: ${summary}`,
      ...lines.map((line) => `  ${line}`),
    ].join("\n");
  });
  return { text: [...blocks, ...past].join("\n"), stands: true };
}
