import { catalogueWith } from "../catalogue/catalogue.js";
import { requireName } from "../catalogue/names.js";
import type { Catalogue, StudyEntry } from "../catalogue/types.js";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import type { Output } from "../output.js";
import { type ImportOptions, importOption, importOwn } from "../parts.js";
import { columns, duration, shellWord } from "../render/format.js";
import { Interrupted, Interruption } from "../signals.js";

interface Options extends ImportOptions {
  readonly seeds?: string;
  readonly iterations?: string;
  readonly seconds?: string;
  readonly methods?: string;
  readonly problems?: string;
  readonly pace?: string;
  readonly data?: readonly string[];
  readonly jobs?: string;
  readonly out?: string;
  readonly report?: boolean;
}

export default defineCommand<Options>({
  name: "study",
  summary: "repeat an experiment of the papers with several seeds, or list what there is",
  description:
    "Trains every method on every problem with several seeds, each in a process of one thread, and writes a table with " +
    "means and standard deviations, and pictures. What is measured is kept: the same command goes on where it was " +
    "interrupted.",
  arguments: [{ name: "[name]", description: "of the study" }],
  options: [
    { flags: "--seeds <n>", description: "repetitions; default: the study's" },
    { flags: "--iterations <n>", description: "of each training; default: the pace's" },
    {
      flags: "--seconds <n>",
      description: "of the processor, for each training of a study that goes by time (stacked-mnist: 1200)",
    },
    { flags: "--methods <a,b>", description: "only these" },
    { flags: "--problems <a,b>", description: "only these" },
    { flags: "--pace <name>", description: "networks and rates: quick for small machines, paper" },
    {
      flags: "--data <name=path>",
      description: "where a table's data is, or other images in its place, as stl10=photos; repeatable",
      repeats: true,
    },
    { flags: "--jobs <n>", description: "trainings at a time; default 2" },
    {
      flags: "--out <dir>",
      description:
        "where results are kept; default runs/study-NAME, trainings that tables share runs/study-PAPER",
    },
    { flags: "--report", description: "measure nothing: sum up what lies in the folder" },
    importOption,
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry study", "the studies there are"],
    ["gantry study gaussians --seeds 1 --iterations 1000", "a first look"],
    ["gantry study gaussians --problems ring --methods gan,pacgan --seeds 5", "one question"],
    ["gantry study stacked-mnist --seconds 60 --methods real,dcgan", "trains its digit classifier first"],
  ],
  async run(output, [name], options) {
    const { studies: known, papers } = await catalogueWith(options);
    if (name === undefined) {
      if (output.json) output.printJson(known);
      else output.print(byPaper(known, papers, output.columns));
      return 0;
    }
    requireName("study", name, known);
    const { readCells, readDone } = await import("@gantry/gan/sweep");
    const { runStudy, studies } = await import("@gantry/studies");
    await importOwn(options);
    const study = await studies.get(name);
    if (options.data !== undefined && study.takesData !== true)
      throw new UsageProblem(`the study ${name} has data of its own; leave --data out`);
    const cells = await study.cells({
      seeds: wholeNumber("--seeds", options.seeds, 1) ?? study.seeds,
      iterations: wholeNumber("--iterations", options.iterations, 1),
      seconds: wholeNumber("--seconds", options.seconds, 1),
      methods: list("--methods", options.methods),
      problems: list("--problems", options.problems),
      pace: options.pace,
      data: dataByName(options.data),
    });
    const asked = askedFor(options);
    if (options.out === "") throw new UsageProblem("--out is empty; name a folder");
    const out = options.out ?? `runs/study-${name}`;
    const isShared = cells.some(({ key }) => key !== undefined);
    const home = isShared && options.out === undefined ? `runs/study-${study.paper ?? name}` : out;
    const folder = `${home}/cells`;
    if (options.report === true) {
      const isAsked = (cell: { problem: string; method: string }) =>
        cells.some(({ problem, method }) => problem === cell.problem && method === cell.method);
      const chosen = options.methods !== undefined || options.problems !== undefined;
      const outcomes = isShared
        ? await readDone(folder, cells)
        : (await readCells(folder)).filter(({ cell }) => !chosen || isAsked(cell));
      if (outcomes.length === 0)
        throw new UsageProblem(`${folder}: nothing was measured yet; leave --report out`);
      await publish(output, out, study.report(outcomes, asked));
      return 0;
    }
    const interruption = new Interruption({
      onFirst: () =>
        output.reporter.note("Stopping. The same command goes on from here. Ctrl-C again stops at once."),
    });
    const began = performance.now();
    try {
      const { signal } = interruption;
      await study.prepare?.({ signal, cells, onProgress: (progress) => output.reporter.progress(progress) });
      const outcomes = await runStudy(study, cells, {
        folder,
        jobs: wholeNumber("--jobs", options.jobs, 1) ?? 2,
        signal,
        onOutcome: (outcome, done, total, kept) => {
          const end = outcome.status === "done" ? (kept ? "kept" : "done") : `failed: ${outcome.reason}`;
          output.reporter.note(`${done}/${total} ${describeCell(outcome.cell)}: ${end}`);
        },
        onProgress: (cell, message) => output.reporter.note(`${describeCell(cell)}: ${message}`),
      });
      await publish(output, out, study.report(outcomes, asked));
      output.reporter.note(`${outcomes.length} trainings, ${duration((performance.now() - began) / 1000)}.`);
      return outcomes.every(({ status }) => status === "done") ? 0 : 1;
    } catch (error) {
      if (interruption.signal.aborted && error instanceof Interrupted) return interruption.status;
      throw error;
    } finally {
      interruption.release();
    }
  },
});

const describeCell = ({ problem, method, seed }: import("@gantry/gan/sweep").Cell) =>
  `${problem}, ${method}, seed ${seed}`;

/** Studies across papers first, then each paper's under its title, with what they show. */
function byPaper(all: readonly StudyEntry[], papers: Catalogue["papers"], width: number): string {
  const groups = [undefined, ...papers].flatMap((paper) => {
    const own = all.filter((study) => study.paper === (paper?.key ?? null));
    if (own.length === 0) return [];
    const rows = own.map(({ name, shows, summary }) => {
      const what = shows === null ? summary : `${shows}: ${summary}`;
      return [name, what] as const;
    });
    return [`${paper?.title ?? "Across papers"}\n${columns(rows, width)}`];
  });
  return groups.join("\n\n");
}

/** Writes report.md, report.json and the pictures, and prints the table. */
async function publish(
  output: Output,
  out: string,
  report: import("@gantry/studies").StudyReport,
): Promise<void> {
  const { mkdir, writeFile } = await import("node:fs/promises");
  const { svgToPng } = await import("@gantry/formats");
  await mkdir(out, { recursive: true });
  await writeFile(`${out}/report.md`, report.markdown);
  await writeFile(`${out}/report.json`, `${JSON.stringify(report.data, undefined, 2)}\n`);
  for (const [name, picture] of report.pictures) {
    const png = typeof picture === "string" ? await svgToPng(picture) : picture;
    await writeFile(`${out}/${name}.png`, png);
  }
  if (output.json) output.printJson({ event: "report", folder: out, ...report.data });
  else output.print(`${report.text}\n\nThe same with pictures: ${out}/report.md`);
}

/** What was asked for beyond the study and its pace, as it is typed: the page's command has to make the same page. */
function askedFor({ seeds, iterations, seconds, methods, problems, data = [] }: Options): string {
  const flags = { seeds, iterations, seconds, methods, problems };
  const words = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, value],
  );
  return [...words, ...data.flatMap((place) => ["--data", place])].map(shellWord).join(" ");
}

function list(flag: string, value: string | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  const names = value.split(",").map((each) => each.trim());
  if (names.includes(""))
    throw new UsageProblem(`${flag} is '${value}'; give names with commas between them`);
  return [...new Set(names)];
}

/** `stl10=PATH` as a name and what it stands for. */
const dataByName = (words: readonly string[] | undefined): Record<string, string> | undefined =>
  words === undefined
    ? undefined
    : Object.fromEntries(
        words.map((word) => {
          const [, name, place] = /^([^=]+)=(.+)$/.exec(word) ?? [];
          if (name === undefined || place === undefined)
            throw new UsageProblem(`--data is '${word}'; write NAME=PATH, as stl10=photos`);
          return [name, place];
        }),
      );
