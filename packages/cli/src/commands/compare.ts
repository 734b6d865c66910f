import type { Comparison } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import type { Output } from "../output.js";
import { type Cell, tableBlocks } from "../render/table.js";
import { parseRun } from "../settings.js";

interface Options {
  readonly html?: string;
}

type Words = typeof import("@gantry/gan/compare");

export default defineCommand<Options>({
  name: "compare",
  summary: "put runs side by side: scores, settings, curves and samples",
  description:
    "Puts runs side by side: their scores with the best marked, the settings in which they differ, and as a page also " +
    "the curves of training and the samples. Scores of different feature networks are never compared, and of scores that " +
    "were measured differently none is the best. Runs that differ in nothing but their seeds are also shown as mean and " +
    "standard deviation. RUN@STEP or RUN@best is the run as it stood at that checkpoint, with the scores of that one.",
  arguments: [{ name: "<run...>", description: "run directories, or RUN@STEP, RUN@best" }],
  options: [
    { flags: "--html <file>", description: "write a page that needs nothing beside it" },
    { flags: "--json", description: "print the comparison as one line of JSON" },
  ],
  examples: [
    ["gantry compare runs/gan-ring-0 runs/reg-gan-ring-0", "two methods"],
    ["gantry compare runs/gan-ring-0 runs/gan-ring-0@best", "the end and the best checkpoint of one"],
    ["gantry compare runs/dcgan-* --html runs.html", "as a page, with curves and samples"],
  ],
  async run(output, paths, { html }) {
    const gan = await import("@gantry/gan");
    if (html !== undefined && !/\.html?$/i.test(html))
      throw new UsageProblem(`--html ${html === "" ? "is empty" : html}: the page goes to a .html file`);
    const runs = await Promise.all(
      paths.map(async (text) => {
        const { path, iteration } = await parseRun(text);
        return await gan.readRun(path, iteration);
      }),
    );
    const comparison = gan.compareRuns(runs);
    if (html !== undefined) {
      const { writeFileAtomically } = await import("@gantry/formats");
      const page = await gan.comparisonPage(comparison, runs);
      await writeFileAtomically(html, new TextEncoder().encode(page));
    }
    if (output.json) {
      output.printJson({ ...comparison, ...(html === undefined ? {} : { html }) });
      return 0;
    }
    output.print(describe(comparison, output, await import("@gantry/gan/compare")));
    if (html !== undefined) output.print(`\nThe same with curves and samples: ${html}`);
    return 0;
  },
});

function describe(comparison: Comparison, { style, columns }: Output, words: Words): string {
  const { runs, metrics, seeds, differences, origins } = comparison;
  const labels = runs.map(({ label }) => label);
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
  const notes = metrics
    .filter(({ measuredDifferently }) => measuredDifferently.length > 0)
    .map(
      ({ name, measuredDifferently }) =>
        `${name} was measured differently, so that none is the best: ${measuredDifferently.join("; ")}`,
    );
  notes.push(...words.describeScoreNotes(comparison), ...words.describeEarlierScores(comparison));
  if (metrics.length === 0) notes.push("No scores yet: 'gantry eval RUN' measures them.");
  else if (metrics.some(({ scores }) => scores.some((score) => score?.best === true)))
    notes.unshift("* the best");
  if (notes.length > 0) parts.push(notes.map(style.dim).join("\n"));
  add(
    "Over seeds: mean ± standard deviation",
    ["configuration", "seeds", ...metrics.map(words.describeMetric)],
    seeds.map((group) => [
      group.label,
      group.seeds.join(","),
      ...metrics.map(({ name }) => {
        const score = group.scores.find((each) => each.name === name);
        return { text: words.describeSeeds(score), best: score?.best === true };
      }),
    ]),
  );
  for (const [title, settings] of [
    ["Settings that differ", differences],
    ["Versions and origins that differ", origins],
  ] as const)
    add(
      title,
      ["setting", ...labels],
      settings.map(({ path, values }) => [
        path,
        ...values.map((value) => (value === null ? "-" : words.describeValue(value))),
      ]),
    );
  if (runs.length > 1 && differences.length === 0) parts.push("The configurations are the same.");
  return parts.join("\n\n");
}
