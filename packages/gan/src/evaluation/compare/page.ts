import { readFile } from "node:fs/promises";
import { amount } from "../../core/base/amount.js";
import { escapeXml, type Line, lineColour, lines } from "../../core/figures/lines.js";
import { thin } from "../../core/run/curves.js";
import type { RunSummary } from "../../core/run/summary.js";
import type { ComparedSetting, Comparison } from "./compare.js";
import { describeValue } from "./differences.js";
import { hasSeeds } from "./groups.js";
import {
  describeEarlierScores,
  describeGroup,
  describeMetric,
  describeProgressOf,
  describeScore,
  describeScoreNotes,
  describeTime,
  describeUnequalGroups,
  GROUP_MEANING,
} from "./words.js";

/** Points of a curve: a screen shows no more. */
const POINTS = 400;

/** Scalars that say how good samples are, and not how training goes. */
const isScore = (name: string) => /^(eval|points)\//.test(name);

/**
 * The comparison as one HTML page that needs nothing beside it: tables, curves as SVG, samples as embedded pictures.
 * @param runs those that were compared, in the same order
 */
export async function comparisonPage(comparison: Comparison, runs: readonly RunSummary[]): Promise<string> {
  const labels = comparison.runs.map(({ label }) => label);
  const isGrouped = hasSeeds(comparison.groups);
  const coloured = isGrouped ? comparison.groups.map(({ label }) => label) : labels;
  const names = [...new Set(runs.flatMap(({ curves }) => [...curves.keys()]))];
  const plots = (shown: readonly string[]) =>
    isGrouped ? meanPlots(shown, comparison) : curvePlots(shown, runs, labels);
  const sections = [
    section("Scores", scoreTable(comparison)),
    section("By settings, over seeds", groupTable(comparison)),
    section("What differs in the configuration", differenceTable(comparison)),
    section("What differs in versions and origin", settingTable(comparison.origins, labels)),
    section("Scores during training", plots(names.filter(isScore))),
    section("Samples", await samplePictures(runs, comparison)),
    section("Training", plots(names.filter((name) => !isScore(name)))),
  ];
  const title = `${amount(runs.length, "runs")} compared`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeXml(title)}: ${escapeXml(labels.join(", "))}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeXml(title)}</h1>
<ul class="legend">
${coloured.map((label, i) => `<li>${swatch(i)}${escapeXml(label)}</li>`).join("\n")}
</ul>
${sections.filter((text) => text !== "").join("\n")}
</body>
</html>
`;
}

const STYLE = `
body { font: 15px/1.45 system-ui, "DejaVu Sans", Helvetica, Arial, sans-serif; color: #222; background: #fff; margin: 24px 32px; }
h1 { font-size: 24px; margin: 0 0 8px; }
h2 { font-size: 18px; margin: 32px 0 10px; border-bottom: 1px solid #ddd; padding-bottom: 4px; }
.legend { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 -32px; padding: 8px 32px; list-style: none; background: #fffffff2; border-bottom: 1px solid #ddd; }
.swatch { display: inline-block; width: 14px; height: 14px; border-radius: 3px; margin-right: 7px; vertical-align: -2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 12px; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
th { font-weight: 600; background: #f6f6f6; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
th:first-child { background: #f6f6f6; }
.settings td { text-align: left; white-space: normal; max-width: 360px; overflow-wrap: break-word; vertical-align: top; }
.settings th { text-align: left; }
.settings td:first-child { white-space: nowrap; font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 13px; }
.best { font-weight: 700; background: #e3f4e5; }
.none { color: #767676; }
.note { color: #555; max-width: 900px; }
.plots { display: flex; flex-wrap: wrap; gap: 16px; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 16px; }
.plots svg { max-width: 100%; height: auto; }
figure { margin: 0; }
figcaption { margin-bottom: 6px; }
.samples img { display: block; width: 100%; max-width: 512px; image-rendering: pixelated; border: 1px solid #ddd; }
`;

const swatch = (place: number) =>
  `<span class="swatch" style="background:${lineColour(place)}" aria-hidden="true"></span>`;

/** The place of a run's colour: with seeds, all runs of a group have one. */
const placeOf = ({ runs, groups }: Comparison, run: number): number =>
  hasSeeds(groups) ? groups.findIndex((group) => group.runs.includes(runs[run]!.label)) : run;

const section = (title: string, content: string) =>
  content === "" ? "" : `<section>\n<h2>${escapeXml(title)}</h2>\n${content}\n</section>`;

const note = (words: string) => `<p class="note">${escapeXml(words)}</p>`;

function table(head: readonly string[], rows: readonly (readonly string[])[], kind = ""): string {
  const opening = kind === "" ? "<table>" : `<table class="${kind}">`;
  const top = `<tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join("")}</tr>`;
  const body = rows.map((row) => `<tr>${row.join("")}</tr>`).join("\n");
  return `<div class="scroll">${opening}<thead>${top}</thead>\n<tbody>\n${body}\n</tbody></table></div>`;
}

const cell = (text: string, best = false): string => {
  if (text === "") return '<td class="none">-</td>';
  return best ? `<td class="best">${escapeXml(text)}</td>` : `<td>${escapeXml(text)}</td>`;
};

function scoreTable(comparison: Comparison): string {
  const { runs, metrics } = comparison;
  const rows = runs.map((run, i) => [
    `<td>${swatch(placeOf(comparison, i))}${escapeXml(run.label)}</td>`,
    cell(run.recipe),
    cell(describeProgressOf(run)),
    cell(describeTime(run.seconds)),
    ...metrics.map(({ scores }) => {
      const score = scores[i] ?? null;
      return cell(describeScore(score), score?.best);
    }),
  ]);
  const head = ["run", "recipe", "iterations", "time", ...metrics.map(describeMetric)].map(escapeXml);
  const notes = metrics
    .filter(({ measuredDifferently }) => measuredDifferently.length > 0)
    .map(({ name, measuredDifferently }) =>
      note(`${name} was measured differently, so that none is the best: ${measuredDifferently.join("; ")}`),
    );
  notes.push(...[...describeScoreNotes(comparison), ...describeEarlierScores(comparison)].map(note));
  if (metrics.length === 0) notes.push(note("No scores yet: 'gantry eval RUN' measures them."));
  else
    notes.unshift(
      note(
        "↓ less is better, ↑ more is better; the best is marked. ± is the standard deviation over repeats.",
      ),
    );
  return [table(head, rows), ...notes].join("\n");
}

function groupTable(comparison: Comparison): string {
  const { groups, metrics } = comparison;
  if (!hasSeeds(groups)) return "";
  const rows = groups.map((group, g) => [
    `<td>${swatch(g)}${escapeXml(group.label)}</td>`,
    cell(group.seeds.join(", ")),
    cell(group.iteration.toLocaleString("en-US")),
    ...metrics.map(({ name }) => {
      const score = group.scores.find((each) => each.name === name);
      return cell(describeGroup(score), score?.verdict === "best");
    }),
  ]);
  const head = ["settings", "seeds", "iterations", ...metrics.map(describeMetric)].map(escapeXml);
  return [table(head, rows), note(`${GROUP_MEANING}.`), ...describeUnequalGroups(comparison).map(note)].join(
    "\n",
  );
}

/** By groups where there are seeds, else run by run. */
function differenceTable({ runs, groups, differences }: Comparison): string {
  if (!hasSeeds(groups))
    return settingTable(
      differences,
      runs.map(({ label }) => label),
    );
  const paths = Object.keys(groups[0]?.settings ?? {});
  const settings = paths.map((path) => ({
    path,
    values: groups.map((group) => group.settings[path] ?? null),
  }));
  return settingTable(
    settings,
    groups.map(({ label }) => label),
  );
}

function settingTable(settings: readonly ComparedSetting[], labels: readonly string[]): string {
  if (settings.length === 0) return "";
  const rows = settings.map(({ path, values }) => [
    cell(path),
    ...values.map((value) => cell(value === null ? "" : describeValue(value))),
  ]);
  const head = ["setting", ...labels.map((label, i) => `${swatch(i)}${escapeXml(label)}`)];
  return table(head, rows, "settings");
}

/** Means over the seeds of each group, with a band of one deviation. */
function meanPlots(names: readonly string[], { groups, curves }: Comparison): string {
  const shown = curves.filter(({ name }) => names.includes(name));
  return plotsOf(
    shown.map(({ name, groups: means }) => ({
      name,
      lines: means.flatMap((mean, g): Line[] =>
        mean === null
          ? []
          : [
              {
                label: groups[g]!.label,
                x: mean.iterations,
                y: mean.means,
                band: mean.deviations,
                colour: lineColour(g),
              },
            ],
      ),
    })),
  );
}

function curvePlots(
  names: readonly string[],
  runs: readonly RunSummary[],
  labels: readonly string[],
): string {
  return plotsOf(
    names.map((name) => ({
      name,
      lines: runs.flatMap(({ curves }, i): Line[] => {
        const curve = curves.get(name);
        if (curve === undefined) return [];
        const { iterations, values } = thin(curve, POINTS);
        return [{ label: labels[i]!, x: iterations, y: values, colour: lineColour(i) }];
      }),
    })),
  );
}

function plotsOf(all: readonly { readonly name: string; readonly lines: readonly Line[] }[]): string {
  const size = { width: 440, height: 290, xLabel: "iteration", legend: false };
  const plots = all.map(({ name, lines: shown }) => lines([{ title: name, lines: shown }], size));
  return plots.length === 0 ? "" : `<div class="plots">\n${plots.join("\n")}\n</div>`;
}

async function samplePictures(runs: readonly RunSummary[], comparison: Comparison): Promise<string> {
  const labels = comparison.runs.map(({ label }) => label);
  const figures: string[] = [];
  for (const [i, { sample }] of runs.entries()) {
    // A run that is trained meanwhile keeps its pictures; one that is deleted has none.
    const png = sample && (await readFile(sample.file).catch(() => undefined));
    if (sample === undefined || png === undefined) continue;
    const at = `iteration ${sample.iteration.toLocaleString("en-US")}`;
    figures.push(
      `<figure><figcaption>${swatch(placeOf(comparison, i))}${escapeXml(labels[i]!)}, ${at}</figcaption><img alt="samples of ${escapeXml(labels[i]!)} at ${at}" src="data:image/png;base64,${png.toString("base64")}"></figure>`,
    );
  }
  return figures.length === 0 ? "" : `<div class="samples">\n${figures.join("\n")}\n</div>`;
}
