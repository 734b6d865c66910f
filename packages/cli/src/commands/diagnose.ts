import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { FOUND } from "../findings.js";
import type { Output } from "../output.js";
import { type ImportOptions, importForRuns, importOption } from "../parts.js";
import { describeVerdict } from "../render/findings.js";
import { amount, columns, count } from "../render/format.js";
import { dataOf, type MovedDataOptions, movedDataOptions } from "../settings.js";

interface Options extends MovedDataOptions, ImportOptions {
  readonly out?: string;
  readonly list?: boolean;
}

export default defineCommand<Options>({
  name: "diagnose",
  summary: "what is wrong with a run, and the commands that help",
  description:
    "Looks at a run, whether it is done, stopped or under way: mode collapse, a discriminator that has won or is blind, players that " +
    "stand still, copies of training images, data that cannot be learnt. Signals are measured while a run is trained; of a run " +
    "that kept none they are measured of its checkpoints. Exit code 3 where something is found that still holds, 0 where nothing is: which is " +
    "no promise that all is well.",
  arguments: [{ name: "[run]", description: "a run directory" }],
  options: [
    { flags: "--out <dir>", description: "for pictures: each finding's number over the training" },
    { flags: "--list", description: "the findings there are" },
    ...movedDataOptions,
    importOption,
    { flags: "--json", description: "print one line of JSON" },
  ],
  examples: [
    ["gantry diagnose runs/dcgan-fashion-mnist-0", "what is wrong, since when, and what helps"],
    ["gantry diagnose runs/dcgan-fashion-mnist-0 --out diagnosis", "with a picture of each finding"],
    ["gantry diagnose --list", "what is looked for"],
  ],
  async run(output, [path], { out, list, ...moved }) {
    if (list === true) return await listFindings(output);
    if (path === undefined)
      throw new UsageProblem("name a run, as runs/dcgan-fashion-mnist-0; --list shows what is looked for");
    if (out === "") throw new UsageProblem("--out is empty; name a folder");
    const { diagnoseRun } = await import("@gantry/gan");
    const { reportFinding } = await import("@gantry/gan/diagnose");
    const { dataProgress } = await import("../training.js");
    await importForRuns([path], moved, "diagnose", output);
    const { run, found, history, notes } = await diagnoseRun(path, {
      data: await dataOf(moved),
      context: dataProgress(output),
    });
    const reports = await Promise.all(found.map((each) => reportFinding(each, run, history.data, path)));
    const pictures = out === undefined ? [] : await draw(out, found);
    const stands = reports.some(({ until }) => until === null);
    const status = await run.status();
    if (output.json)
      output.printJson({
        run: path,
        status,
        iteration: history.iteration,
        steps: run.config.steps,
        readings: history.readings.length,
        findings: reports,
        notes,
        pictures,
      });
    else {
      const { text } = describeVerdict(reports, output.style, output.columns);
      const times = `looked at ${amount(history.readings.length, "times")}`;
      output.print(
        [
          `${path}: ${status}, iteration ${count(history.iteration)} of ${count(run.config.steps)}, ${times}`,
          text,
          ...notes,
          ...pictures.map((picture) => `picture: ${picture}`),
        ].join("\n"),
      );
    }
    return stands ? FOUND : 0;
  },
});

async function listFindings(output: Output): Promise<number> {
  const { findings } = await import("@gantry/gan/diagnose");
  const all = [...(await findings.all()).values()];
  if (output.json)
    output.printJson(
      all.map(({ name, summary, cause, examine }) => ({
        name,
        summary,
        cause,
        of: examine === undefined ? "training" : "data",
      })),
    );
  else
    output.print(
      [
        "In the data, before the first iteration:",
        columns(
          all.filter(({ examine }) => examine !== undefined).map(({ name, summary }) => [name, summary]),
          output.columns,
        ),
        "While it is trained:",
        columns(
          all.filter(({ find }) => find !== undefined).map(({ name, summary }) => [name, summary]),
          output.columns,
        ),
      ].join("\n"),
    );
  return 0;
}

/** @returns the files */
async function draw(
  folder: string,
  found: readonly import("@gantry/gan/diagnose").Found[],
): Promise<string[]> {
  const { mkdir, writeFile } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const { svgToPng } = await import("@gantry/formats");
  const { drawFinding } = await import("@gantry/gan/diagnose");
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const each of found) {
    const svg = drawFinding(each);
    if (svg === undefined) continue;
    const file = join(folder, `${each.finding.name}.png`);
    await writeFile(file, await svgToPng(svg));
    files.push(file);
  }
  return files;
}
