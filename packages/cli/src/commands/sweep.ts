import { fileURLToPath } from "node:url";
import { builtCatalogue, hasOwnParts } from "../catalogue/catalogue.js";
import { refuseUnknown } from "../catalogue/names.js";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { stopOption } from "../findings.js";
import { wholeNumber } from "../numbers.js";
import type { Output } from "../output.js";
import { type ImportOptions, importOption, importOwn } from "../parts.js";
import { amount } from "../render/format.js";
import { settingOptions, termOptions } from "../settings.js";
import type { SweepFlags } from "../sweepSpec.js";

interface Options extends SweepFlags, ImportOptions {
  readonly jobs?: string;
  readonly out?: string;
  readonly slurm?: string;
  readonly kubernetes?: string;
}

const cell = defineCommand({
  name: "cell",
  summary: "train one cell of a sweep's folder: what each task of a cluster does",
  description:
    "Trains one cell of a sweep's folder, counted from 0: from the beginning, or from where it was left. One that is done " +
    "stays as it is. It is what each task of an array job does.",
  arguments: [
    { name: "<dir>", description: "the sweep's folder, with its sweep.json" },
    { name: "<index>", description: "which cell, from 0" },
  ],
  options: [{ flags: "--json", description: "print one JSON object a line" }],
  examples: [["gantry sweep cell runs/sweep-alpha 0", "the first one"]],
  async run(output, [folder = "", index = ""]) {
    const { sweepCell } = await import("../sweeping.js");
    return await sweepCell(output, folder, index);
  },
});

export default defineCommand<Options>({
  name: "sweep",
  summary: "train many: recipes, settings and seeds, and compare them",
  description:
    "Trains every recipe with every setting and every seed, each in a process of its own, and compares them. What is swept " +
    "is said by flags, or by a file (JSON, or .ts with defineSweep). The trainings are runs in one folder: the same command " +
    "skips what is done and goes on with what was interrupted. One that fails does not end the others.",
  arguments: [{ name: "<recipes|file>", description: "recipes with commas between them, or a sweep's file" }],
  options: [
    {
      flags: "--seeds <n>",
      description: "repetitions, with the seeds 0 to n - 1; or the seeds: 4,7; default 1",
    },
    {
      flags: "--jobs <n>",
      description: "trainings at a time; threads and devices are shared out; default: one a device",
    },
    { flags: "--metrics <list>", description: "evaluations at the end of each, as for 'gantry eval'" },
    { flags: "--eval-every <n>", description: "also every n iterations (or 10epochs, 200kimg)" },
    { flags: "--eval-samples <n>", description: "generated for each evaluation" },
    {
      flags: "--draws <n>",
      description: "random settings instead of a grid: of the ranges and lists of --set",
    },
    { flags: "--draw-seed <n>", description: "of those; default 0" },
    {
      flags: "--halving <metric>",
      description: "successive halving: train all a little, the better third for longer; fid:by=2,rounds=3",
    },
    { ...stopOption, description: "end a training where this is found (gantry diagnose --list); repeatable" },
    { flags: "--out <dir>", description: "where the runs go; default runs/sweep-NAME" },
    { flags: "--slurm <dir>", description: "train nothing: write an array job for SLURM into this folder" },
    { flags: "--kubernetes <dir>", description: "train nothing: write an indexed Job for Kubernetes" },
    { flags: "--preset <name>", description: "a variant of the recipes: small, for small machines" },
    ...termOptions,
    importOption,
    ...settingOptions
      .filter(({ flags }) => !flags.startsWith("--seed"))
      .map((option) =>
        option.flags.startsWith("--set ")
          ? {
              ...option,
              flags: "--set <path=values>",
              description:
                "a setting; with commas between them several, each tried with each: batch=16,32; repeatable. To draw from: lr=1e-5..1e-3:log, n=2..8:whole",
            }
          : option,
      ),
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry sweep gan,wgan --preset small --seeds 3 --jobs 2", "two recipes over three seeds"],
    [
      "gantry sweep sngan,infomax-gan --data cifar10 --seeds 3 --set terms.infomax.alpha=.1,.2 --metrics fid,is",
      "a grid; recipes without the term are trained once for all of its values",
    ],
    [
      "gantry sweep dcgan --draws 20 --set optimizers.default.learningRate=1e-5..1e-3:log --metrics fid",
      "random search",
    ],
    ["gantry sweep sweeps/alpha.ts --slurm /shared/alpha", "an array job for a cluster"],
  ],
  commands: [cell],
  async run(output, [what = ""], options) {
    refuseEarly(what, options);
    const project = await importOwn(options);
    const { readSpec } = await import("../sweepSpec.js");
    const { defaultsOf } = await import("../settings.js");
    const { planSweep } = await import("@gantry/gan/sweep");
    const { spec, name } = await readSpec(what, options);
    const jobs = wholeNumber("--jobs", options.jobs, 1, 1024);
    const { sweep, notes } = await planSweep(spec, { name, defaults: await defaultsOf(project.train) });
    const folder = place(options) ?? `${project.train.out ?? "runs"}/sweep-${sweep.name}`;
    if (options.slurm !== undefined || options.kubernetes !== undefined)
      return await writeJob(output, sweep, notes, folder, jobs, options.slurm !== undefined);
    const { sweepAndShow } = await import("../sweeping.js");
    return await sweepAndShow(output, folder, sweep, notes, jobs);
  },
});

/** Names that there are not, before anything is loaded. A file says for itself what is swept. */
function refuseEarly(what: string, { with: terms, data, metrics, ...options }: Options): void {
  const catalogue = /[./\\]/.test(what) || hasOwnParts(options) ? undefined : builtCatalogue();
  if (catalogue === undefined) return;
  for (const recipe of what.split(",").map((each) => each.trim()))
    if (recipe !== "") refuseUnknown({ recipe, with: terms, data, metrics }, catalogue);
}

/** The folder that a flag names. */
function place({ out, slurm, kubernetes }: Options): string | undefined {
  const given = Object.entries({ "--out": out, "--slurm": slurm, "--kubernetes": kubernetes }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1)
    throw new UsageProblem(
      `${given.map(([flag]) => flag).join(" and ")} each name the sweep's folder; give one`,
    );
  const [flag, folder] = given[0] ?? [];
  if (folder === "") throw new UsageProblem(`${flag} is empty; name a folder`);
  return folder;
}

async function writeJob(
  output: Output,
  sweep: import("@gantry/gan/sweep").Sweep,
  notes: readonly string[],
  folder: string,
  jobs: number | undefined,
  isSlurm: boolean,
): Promise<number> {
  if (sweep.halving !== null)
    throw new UsageProblem(
      "successive halving decides after each round what goes on, and nothing of ours schedules across machines; leave it out on a cluster",
    );
  const { join, resolve } = await import("node:path");
  const { writeFileAtomically } = await import("@gantry/formats");
  const { keepSweep } = await import("@gantry/gan/sweep");
  const { resourcesHere } = await import("../sweeping.js");
  const { SLURM_FILE, slurmScript } = await import("../clusters/slurm.js");
  const { KUBERNETES_FILE, kubernetesJob } = await import("../clusters/kubernetes.js");
  await keepSweep(folder, sweep);
  for (const note of notes) output.reporter.note(note);
  const job = {
    name: sweep.name,
    folder: resolve(folder),
    count: sweep.cells.length,
    jobs,
    threads: sweep.cells[0]?.config.threads ?? (await resourcesHere()).threads,
    usesDevice: sweep.cells.some(({ config }) => config.device.startsWith("cuda")),
    cwd: process.cwd(),
    command: [process.execPath, fileURLToPath(new URL("../../bin/gantry.mjs", import.meta.url))],
  };
  const file = join(folder, isSlurm ? SLURM_FILE : KUBERNETES_FILE);
  const text = isSlurm ? slurmScript(job) : kubernetesJob(job);
  await writeFileAtomically(file, new TextEncoder().encode(text));
  const { shellWord } = await import("../render/format.js");
  const submit = isSlurm ? `sbatch ${shellWord(file)}` : `kubectl apply -f ${shellWord(file)}`;
  const after = `gantry compare ${shellWord(folder)}`;
  if (output.json) output.printJson({ event: "job", file, cells: job.count, submit, after });
  else
    output.print(
      `${file}: ${amount(job.count, "cells")}, a task each\nSubmit it:      ${submit}\nWhen it is done: ${after}`,
    );
  return 0;
}
