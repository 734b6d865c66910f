// bench/results.json, what was measured last of each case on each machine, and bench/RESULTS.md, which is written from it.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { writeFileAtomically } from "@gantry/formats";
import { formatSample } from "./context.mjs";

const store = fileURLToPath(new URL("./results.json", import.meta.url));
const page = fileURLToPath(new URL("./RESULTS.md", import.meta.url));

/** { machines: { ENVIRONMENT: { NAME: { what, date, load, results } } }, growth? } */
export async function readResults() {
  try {
    return JSON.parse(await readFile(store, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return { machines: {} };
    throw error;
  }
}

/** @param content text, or bytes */
export const writeWhole = (path, content) => writeFileAtomically(path, Buffer.from(content));

export async function writeResults(all) {
  const machines = Object.fromEntries(
    inOrder(all.machines).map(([environment, cases]) => [environment, Object.fromEntries(inOrder(cases))]),
  );
  await writeWhole(store, `${JSON.stringify({ ...all, machines }, null, 2)}\n`);
  await writeWhole(page, describe({ ...all, machines }));
}

const inOrder = (named) => Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1));

const cell = (text) => text.replaceAll("|", "\\|");
const row = (...cells) => `| ${cells.map(cell).join(" | ")} |`;
const HEAD = [
  row("benchmark", "shapes", "threads", "Gantry", "compared with", "ratio", "target", "measured"),
  "|---|---|---|---|---|---|---|---|",
];

function describe({ machines, growth }) {
  const parts = [
    "# Results",
    "Written by `npm run bench`; a run of some benchmarks replaces their rows alone, and of its machine alone. Medians, with" +
      " the quartiles and the number of runs behind them; what is compared is timed in turn, in one run, and a ratio is the median of the rounds' ratios." +
      " The load is the machine's, over the minute before.",
  ];
  for (const [environment, cases] of Object.entries(machines)) {
    const rows = Object.entries(cases).flatMap(([name, measured]) =>
      measured.results.map((result) => describeRow(name, measured, result)),
    );
    parts.push(`## ${environment}`, [...HEAD, ...rows].join("\n"), describeNotes(cases));
  }
  if (growth !== undefined) parts.push(describeGrowth(growth));
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function describeRow(name, { what, date, load }, result) {
  const label = result.label === undefined ? "" : `, ${result.label}`;
  const measured = `${date}, load ${load.toFixed(1)}`;
  const {
    shapes,
    threads,
    ours,
    peer,
    against,
    ratio,
    ratioIs = "faster by",
    others = [],
    target,
    met,
  } = result;
  const compared = [
    ...(peer === undefined ? [] : [`${formatSample(peer)}: ${against}`]),
    ...others.map((other) => `${formatSample(other.times)}: ${other.name}; ${formatSample(other.ratio)}`),
  ];
  return row(
    `**${name}${label}**: ${what}`,
    shapes,
    String(threads),
    formatSample(ours),
    compared.length === 0 ? "-" : compared.join("<br>"),
    ratio === undefined ? "-" : `${ratioIs} ${formatSample(ratio)}`,
    target === undefined ? "-" : `${target}: ${met ? "met" : "**not met**"}`,
    measured,
  );
}

function describeNotes(cases) {
  return Object.entries(cases)
    .flatMap(([name, { results }]) =>
      results.flatMap(({ label, notes = [] }) =>
        notes.map((note) => `- ${name}${label === undefined ? "" : `, ${label}`}: ${note}`),
      ),
    )
    .join("\n");
}

function describeGrowth({ what, environment, date, load, picture, curves }) {
  const rows = curves.map(({ name, x, seconds, exponent, arithmetic }) =>
    row(
      name,
      x.map((value, i) => `${value}: ${(1000 * seconds[i]).toFixed(0)} ms`).join(", "),
      exponent.toFixed(2),
      arithmetic.toFixed(2),
    ),
  );
  return [
    "## How cost grows",
    `${what} (${environment}; ${date}, load ${load.toFixed(1)}). The exponent is that of the line fitted through the logarithms.`,
    `![iteration time against batch, width and resolution](${picture})`,
    [row("grows", "an iteration takes", "exponent", "the arithmetic's"), "|---|---|---|---|", ...rows].join(
      "\n",
    ),
  ].join("\n\n");
}
