// What a study of a paper found, as Markdown, text and JSON.
import { type Cell, markdownTable, type Outcome, textTable } from "@gantry/gan/sweep";
import { titleOf } from "./papers.js";
import type { Study, StudyReport } from "./study.js";
import type { Verdict } from "./verdict.js";

/** A claim with what was measured of it. */
export interface Finding {
  /** Row of docs/studies/README.md, as `I11`. */
  readonly claim: string;
  /** What the paper says, in short, with its numbers. */
  readonly paper: string;
  /** What was measured here, with its deviation over seeds. */
  readonly here: string;
  readonly verdict: Verdict;
}

export interface PageTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface PagePicture {
  /** File name without extension. */
  readonly name: string;
  /** SVG as text, PNG as bytes. */
  readonly picture: string | Uint8Array;
  /** What is to be seen, in a sentence or two. */
  readonly caption: string;
}

export interface Failed {
  readonly cell: Cell;
  readonly reason: string;
}

export interface ResultPage {
  readonly pace: string;
  /** What was asked for beyond the pace, as it is typed. Default nothing. */
  readonly asked?: string | undefined;
  /** What was trained or computed: networks, budgets, data, own choices, what stands in another's place. A sentence or more each. */
  readonly settings: readonly string[];
  readonly findings: readonly Finding[];
  /** The numbers behind the findings. */
  readonly tables?: readonly PageTable[];
  readonly pictures?: readonly PagePicture[];
  /** What to know before one believes it; what was looked into. */
  readonly notes?: readonly string[];
  readonly failed?: readonly Failed[];
}

/** Cells may have bars in them, as |f - p|. */
const escaped = (cells: readonly string[]): string[] => cells.map((cell) => cell.replaceAll("|", "\\|"));

/** Sentences, unlike the numbers of other tables: all to the left. */
function claimTable(findings: readonly Finding[]): string {
  const line = (cells: readonly string[]) => `| ${escaped(cells).join(" | ")} |`;
  return [
    line(["claim", "the paper says", "measured here", "verdict"]),
    "| --- | --- | --- | --- |",
    ...findings.map(({ claim, paper, here, verdict }) => line([claim, paper, here, verdict.word])),
  ].join("\n");
}

/** The same for a terminal, where a row of four sentences would not fit. */
const claimLines = ({ claim, paper, here, verdict: { word, why } }: Finding): string =>
  [`${claim}: ${word}`, `  the paper: ${paper}`, `  here: ${here}`, `  why: ${why}`].join("\n");

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  markdownTable(escaped(head), rows.map(escaped));

export const failedOf = (outcomes: readonly Outcome<unknown>[]): Failed[] =>
  outcomes.flatMap((outcome) =>
    outcome.status === "failed" ? [{ cell: outcome.cell, reason: outcome.reason }] : [],
  );

/** The page of a study of one text. */
export function resultPage(
  { name, summary, paper, shows, paces }: Pick<Study, "name" | "summary" | "paper" | "shows" | "paces">,
  page: ResultPage,
): StudyReport {
  const { pace, asked, settings, findings, tables = [], pictures = [], notes = [], failed = [] } = page;
  const date = new Date().toISOString().slice(0, 10);
  const of = [...(paper === undefined ? [] : [titleOf(paper)]), ...(shows === undefined ? [] : [shows])].join(
    ", ",
  );
  const about = paces.find((each) => each.name === pace)?.summary;
  const told = `Pace '${pace}'${about === undefined ? "" : `: ${about}`}. Summed up on ${date}. Mean ± sample standard deviation over seeds.`;
  const whys = findings.map(({ claim, verdict }) => `${claim} ${verdict.word}: ${verdict.why}.`);
  const failures = failed.map(
    ({ cell: { problem, method, seed }, reason }) => `${problem}, ${method}, seed ${seed} failed: ${reason}`,
  );
  const command = `gantry study ${name} --pace ${pace}${asked === undefined || asked === "" ? "" : ` ${asked}`}`;
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");
  const text = [
    `${of}: ${summary}`,
    told,
    ...settings,
    findings.map(claimLines).join("\n\n"),
    ...tables.map(({ title, head, rows }) => `${title}\n${textTable(head, rows)}`),
    ...notes,
    ...failures,
  ];
  const markdown = [
    `# ${of}`,
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    `    ${command}`,
    told,
    // Some figures only show.
    findings.length === 0 ? "" : claimTable(findings),
    list(whys),
    ...pictures.flatMap((picture) => [`![${picture.name}](${picture.name}.png)`, picture.caption]),
    ...tables.flatMap(({ title, head, rows }) => [`## ${title}`, tableOf(head, rows)]),
    "## Settings",
    ...settings,
    ...(notes.length === 0 ? [] : ["## Notes", list(notes)]),
    ...(failures.length === 0 ? [] : ["## What failed", list(failures)]),
  ];
  return {
    text: text.filter((part) => part !== "").join("\n\n"),
    markdown: `${markdown.filter((part) => part !== "").join("\n\n")}\n`,
    data: {
      study: name,
      paper: paper ?? null,
      shows: shows ?? null,
      pace,
      command,
      date,
      settings,
      findings,
      tables,
      notes,
      failed,
    },
    pictures: new Map(pictures.map(({ name: file, picture }) => [file, picture])),
  };
}
