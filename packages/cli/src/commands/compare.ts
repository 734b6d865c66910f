import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { describeComparison } from "../render/comparison.js";
import { parseRun } from "../settings.js";

interface Options {
  readonly html?: string;
  readonly csv?: boolean;
  readonly out?: string;
}

export default defineCommand<Options>({
  name: "compare",
  summary: "put runs side by side: scores, settings, curves and samples",
  description:
    "Puts runs side by side: their scores with the best marked, the settings in which they differ, and as a page also " +
    "the curves of training and the samples. Scores of different feature networks are never compared, and of scores that " +
    "were measured differently none is the best. Runs that differ in nothing but their seeds are a group, whatever they are " +
    "called: mean, standard deviation and 95 % interval, 'undecided' where intervals cross, and curves as mean with band. " +
    "RUN@STEP or RUN@best is the run as it stood at that checkpoint, with the scores of that one.",
  arguments: [{ name: "<run...>", description: "run directories, folders of them, or RUN@STEP, RUN@best" }],
  options: [
    { flags: "--html <file>", description: "write a page that needs nothing beside it" },
    {
      flags: "--csv",
      description: "print the groups' scores as CSV: settings that differ, metric, mean, sd, n",
    },
    { flags: "--out <file>", description: "write the CSV there" },
    { flags: "--json", description: "print the comparison as one line of JSON, with the groups' curves" },
  ],
  examples: [
    ["gantry compare runs/gan-ring-0 runs/reg-gan-ring-0", "two methods"],
    ["gantry compare runs/gan-ring-0 runs/gan-ring-0@best", "the end and the best checkpoint of one"],
    ["gantry compare runs/dcgan-* --html runs.html", "as a page, with curves and samples"],
    ["gantry compare runs/sweep-ring --csv --out ring.csv", "every run of a folder, for a spreadsheet"],
  ],
  async run(output, paths, { html, csv, out }) {
    const gan = await import("@gantry/gan");
    if (html !== undefined && !/\.html?$/i.test(html))
      throw new UsageProblem(`--html ${html === "" ? "is empty" : html}: the page goes to a .html file`);
    if (csv && output.json) throw new UsageProblem("--csv and --json are two forms of one thing; choose one");
    if (out !== undefined && !csv)
      throw new UsageProblem("--out is where the CSV goes; add --csv, or name a page by --html");
    if (out === "") throw new UsageProblem("--out is empty; name a file");
    const { runsAt } = await import("@gantry/gan/run");
    const words = await import("@gantry/gan/compare");
    const given = await Promise.all(paths.map(parseRun));
    const chosen = await Promise.all(
      given.map(async ({ path, iteration }) =>
        iteration === undefined
          ? (await runsAt(path)).map((each) => ({ path: each, iteration }))
          : [{ path, iteration }],
      ),
    );
    const runs = await Promise.all(chosen.flat().map(({ path, iteration }) => gan.readRun(path, iteration)));
    const comparison = gan.compareRuns(runs);
    const { writeFileAtomically } = await import("@gantry/formats");
    if (html !== undefined) {
      const { comparisonPage } = await import("@gantry/studio");
      const page = await comparisonPage(comparison, runs);
      await writeFileAtomically(html, new TextEncoder().encode(page));
    }
    if (csv) {
      const text = words.comparisonCsv(comparison);
      if (out === undefined) output.print(text.trimEnd());
      else await writeFileAtomically(out, new TextEncoder().encode(text));
      return 0;
    }
    const { describeHalving } = await import("@gantry/gan/sweep");
    const notes = (await Promise.all(given.map(({ path }) => describeHalving(path)))).flat();
    if (output.json) {
      output.printJson({
        ...comparison,
        ...(notes.length === 0 ? {} : { notes }),
        ...(html === undefined ? {} : { html }),
      });
      return 0;
    }
    output.print([describeComparison(comparison, output, words), ...notes].join("\n\n"));
    if (html !== undefined) output.print(`\nThe same with curves and samples: ${html}`);
    return 0;
  },
});
