import type { Comparison } from "@gantry/gan";
import type { Output } from "../output.js";
import { type Cell, tableBlocks } from "./table.js";

type Words = typeof import("@gantry/gan/compare");

/** A comparison as tables, for people. */
export function describeComparison(
  comparison: Comparison,
  { style, columns }: Pick<Output, "style" | "columns">,
  words: Words,
): string {
  const { runs, metrics, groups, differences, origins } = comparison;
  const isGrouped = words.hasSeeds(groups);
  const parts: string[] = [];
  const add = (title: string, head: readonly string[], rows: readonly (readonly Cell[])[]) => {
    if (rows.length > 0)
      parts.push([style.bold(title), ...tableBlocks(head, rows, columns, style.good)].join("\n"));
  };
  add(
    "Scores",
    ["run", "recipe", "iterations", "time", ...metrics.map(words.describeMetric)],
    runs.map((run, i) => [
      run.label,
      run.recipe,
      words.describeProgressOf(run),
      words.describeTime(run.seconds),
      ...metrics.map(({ scores }) => ({
        text: words.describeScore(scores[i] ?? null),
        best: scores[i]?.best === true,
      })),
    ]),
  );
  const notes = [
    ...words.describeMeasured(comparison),
    ...words.describeScoreNotes(comparison),
    ...words.describeEarlierScores(comparison),
  ];
  if (metrics.length === 0) notes.push("No scores yet: 'gantry eval RUN' measures them.");
  else if (metrics.some(({ scores }) => scores.some((score) => score?.best === true)))
    notes.unshift("* the best");
  if (notes.length > 0) parts.push(notes.map(style.dim).join("\n"));
  if (isGrouped) {
    add(
      "By settings, over seeds",
      ["settings", "seeds", "iterations", ...metrics.map(words.describeMetric)],
      groups.map((group) => [
        group.label,
        group.seeds.join(","),
        group.iteration.toLocaleString("en-US"),
        ...metrics.map(({ name }) => {
          const score = group.scores.find((each) => each.name === name);
          return { text: words.describeGroup(score), best: score?.verdict === "best" };
        }),
      ]),
    );
    const meaning = metrics.length > 0 ? [words.GROUP_MEANING] : [];
    parts.push([...meaning, ...words.describeUnequalGroups(comparison)].map(style.dim).join("\n"));
  }
  const settings = isGrouped
    ? Object.keys(groups[0]?.settings ?? {}).map((path) => ({
        path,
        values: groups.map((group) => group.settings[path] ?? null),
      }))
    : differences;
  const runLabels = runs.map(({ label }) => label);
  const holders = isGrouped ? groups.map(({ label }) => label) : runLabels;
  for (const [title, all, labels] of [
    ["Settings that differ", settings, holders],
    ["Versions and origins that differ", origins, runLabels],
  ] as const)
    add(
      title,
      ["setting", ...labels],
      all.map(({ path, values }) => [
        path,
        ...values.map((value) => (value === null ? "-" : words.describeValue(value))),
      ]),
    );
  if (runs.length > 1 && settings.length === 0)
    parts.push(
      isGrouped ? "The configurations are the same but for their seeds." : "The configurations are the same.",
    );
  return parts.join("\n\n");
}
