import type { EvaluationReport, EvaluationRequest } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import type { Output } from "../output.js";
import { type ImportOptions, importForRuns, importOption, importOwn } from "../parts.js";
import { describeReport } from "../render/evaluation.js";
import { duration, shellWord } from "../render/format.js";
import { dataOf, type MovedDataOptions, movedDataOptions, parseRun } from "../settings.js";
import { Interrupted, Interruption } from "../signals.js";

interface Options extends MovedDataOptions, ImportOptions {
  readonly against?: string;
  readonly metrics?: string;
  readonly samples?: string;
  readonly realSamples?: string;
  readonly repeats?: string;
  readonly seed?: string;
  readonly network?: string;
  readonly weights?: "ema" | "raw";
  readonly test?: string;
  readonly resize?: NonNullable<EvaluationRequest["resize"]>;
  readonly colour?: "refuse" | "luma";
  readonly range?: "clip" | "stretch";
  readonly rounding?: "nearest" | "floor";
  readonly out?: string;
  readonly list?: boolean;
}

export default defineCommand<Options>({
  name: "eval",
  summary: "measure a run, images or a .npy file by FID, KID and other metrics",
  description:
    "Measures how close generated images are to real ones, and how varied. Writes report.json (into the folder of a run, " +
    "elsewhere where --out says) with every definition, count, seed and version. What a network has seen is kept: the " +
    "same command goes on where it was interrupted. Points are judged by the modes that they cover.",
  arguments: [
    {
      name: "[what]",
      description:
        "a run (RUN or RUN@STEP), a data set (mnist:test), a folder or zip of images, or a .npy file of images (N x C x H " +
        "x W, N x H x W x C, N x H x W; bytes, or floats in [-1, 1] or [0, 1]) or points (N x 2)",
    },
  ],
  options: [
    {
      flags: "--against <data>",
      description:
        "real ones: a data set, images, a .npy file, or a run for what it was trained on; default for a run: its own",
    },
    importOption,
    ...movedDataOptions.map((option) => ({ ...option, description: `of a run: ${option.description}` })),
    {
      flags: "--metrics <a,b>",
      description: "with options behind a colon, as kid:subsets=10,subsetSize=5000; default fid,kid,is,prdc",
    },
    {
      flags: "--samples <n>",
      description: "of what is judged; default all, of a run 10,000 images or 2500 points",
    },
    { flags: "--real-samples <n>", description: "of --against; default all" },
    { flags: "--repeats <n>", description: "measure so often, each with seeds of its own; default 1" },
    {
      flags: "--seed <n>",
      description:
        "repeat r draws by seed + r; default 0 for latents and samples, 2020 for subsets and splits",
    },
    {
      flags: "--network <name>",
      description:
        "feature network; default Inception where its weights are, else the classifier of such data",
    },
    {
      flags: "--weights <which>",
      description: "of a run: averaged (ema, default where it has them) or raw",
      choices: ["ema", "raw"],
    },
    {
      flags: "--test <data>",
      description: "held-out real images for the metric missing; default: the test split of --against",
    },
    {
      flags: "--resize <how>",
      description:
        "images of another size than a classifier's: refuse (default) or lanczos3; to Inception's: tensorflow (default), " +
        "pytorch-fid or clean-fid, as those codes do",
      choices: ["refuse", "lanczos3", "tensorflow", "pytorch-fid", "clean-fid"],
    },
    {
      flags: "--colour <how>",
      description: "colour images for a classifier of grey ones: refuse (default) or luma",
      choices: ["refuse", "luma"],
    },
    {
      flags: "--range <how>",
      description:
        "how [-1, 1] becomes bytes: clip (default), or stretch all images together to 0..255 as Mimicry does",
      choices: ["clip", "stretch"],
    },
    {
      flags: "--rounding <how>",
      description: "nearest (default), or floor as torch-fidelity's example does",
      choices: ["nearest", "floor"],
    },
    { flags: "--out <file>", description: "where the report goes; default RUN/report.json" },
    { flags: "--list", description: "list the metrics with their options, and the feature networks" },
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry eval runs/dcgan-fashion-mnist-0", "against what it was trained on"],
    ["gantry eval runs/sngan --samples 50000 --repeats 3 --metrics fid,kid,is", "as papers report it"],
    ["gantry eval photos --against cifar10:test --metrics fid,prdc:neighbours=5", "a folder of images"],
    ["gantry eval fake.npy --against runs/gan-ring-0", "what 'gantry sample' wrote, against that run's data"],
    ["gantry eval --list", "metrics, their options, and networks"],
  ],
  async run(output, [what], options) {
    if (options.list === true) {
      await importOwn(options);
      return await list(output);
    }
    if (what === undefined) throw new UsageProblem("say what to evaluate; see 'gantry eval --help'");
    const { Evaluation, parseSubject, writeReport } = await import("@gantry/gan");
    const { writeFileAtomically } = await import("@gantry/formats");
    const named = await Promise.all([what, options.against ?? what].map((text) => parseSubject(text)));
    const runs = named.flatMap((subject) => (subject.kind === "run" ? [subject.path] : []));
    // Its generator may do without what trained it.
    await importForRuns([...new Set(runs)], options, "eval", output, ["term"]);
    if (options.out === "") throw new UsageProblem("--out is empty; name a file");
    const request = await requestOf(what, options);
    const place =
      options.out ?? (request.subject.kind === "run" ? `${request.subject.path}/report.json` : undefined);
    const interruption = new Interruption({
      onFirst: () =>
        output.reporter.note(
          "Stopping. What was looked at is kept: the same command goes on from here. Ctrl-C again stops at once.",
        ),
    });
    let report: EvaluationReport;
    const pictures = new Map<string, Uint8Array>();
    try {
      const { reporter } = output;
      const evaluation = await Evaluation.open(request, {
        onProgress: (progress) => reporter.progress(progress),
        onPicture: (name, png) => pictures.set(name, png),
        onNotice: (message) => reporter.warning(message),
        onNote: (message) => reporter.note(message),
        signal: interruption.signal,
      });
      try {
        report = await evaluation.run();
      } finally {
        evaluation.close();
      }
      if (place !== undefined) {
        await writeReport(place, report);
        for (const [name, png] of pictures) await writeFileAtomically(pictureBeside(place, name), png);
      }
    } catch (error) {
      if (interruption.signal.aborted && error instanceof Interrupted) return interruption.status;
      throw error;
    } finally {
      interruption.release();
    }
    if (output.json) output.printJson({ event: "report", ...report });
    else {
      output.print(describeReport(report, output.style, output.columns));
      output.print(
        `\n${duration(report.seconds)}; ${place === undefined ? "--out FILE keeps the report" : `the report: ${shellWord(place)}`}`,
      );
      if (place !== undefined)
        for (const name of pictures.keys())
          output.print(`called missing: ${shellWord(pictureBeside(place, name))}`);
    }
    return 0;
  },
});

/** `RUN/report.missing-3.5.png` beside `RUN/report.json`. */
const pictureBeside = (report: string, name: string) => `${report.replace(/\.json$/, "")}.${name}.png`;

async function requestOf(what: string, options: Options): Promise<EvaluationRequest> {
  const { parseAgainst, parseMetrics, parseReference, parseSubject } = await import("@gantry/gan");
  const subject = await parseSubject(what);
  if (options.weights !== undefined && subject.kind !== "run") {
    const { path } = await parseRun(what);
    throw new UsageProblem(`--weights chooses among a run's, and ${path} is no run (it has no config.json)`);
  }
  const data = await dataOf(options);
  if (data !== undefined && subject.kind !== "run")
    throw new UsageProblem(
      `--${options.data === undefined ? "labels" : "data"} is of a run that is evaluated; what it is compared with is --against`,
    );
  const { range, rounding } = options;
  return {
    subject: subject.kind === "run" ? { ...subject, weights: options.weights, data } : subject,
    against: options.against === undefined ? undefined : await parseAgainst(options.against),
    test: options.test === undefined ? undefined : await parseReference(options.test),
    metrics: options.metrics === undefined ? undefined : parseMetrics(options.metrics),
    samples: wholeNumber("--samples", options.samples, 1, 10_000_000),
    realSamples: wholeNumber("--real-samples", options.realSamples, 1),
    repeats: wholeNumber("--repeats", options.repeats, 1, 10_000),
    seed: wholeNumber("--seed", options.seed, 0),
    network: options.network,
    quantisation: {
      ...(range === undefined ? {} : { range }),
      ...(rounding === undefined ? {} : { rounding }),
    },
    ...(options.resize === undefined ? {} : { resize: options.resize }),
    ...(options.colour === undefined ? {} : { colour: options.colour }),
  };
}

async function list(output: Output): Promise<number> {
  const { dataContext } = await import("@gantry/gan/data");
  const { describeOptions, metrics } = await import("@gantry/gan");
  const { featureNetworks } = await import("@gantry/gan/metrics");
  const context = dataContext();
  const known = [...(await metrics.all()).values()].map(({ name, summary, source, options }) => ({
    name,
    summary,
    source,
    options: describeOptions(options),
  }));
  const networks = await Promise.all(
    [...(await featureNetworks.all()).values()].map(async (network) => ({
      name: network.name,
      summary: network.summary,
      source: network.source,
      present: await network.isPresent(context),
    })),
  );
  if (output.json) {
    output.printJson({ metrics: known, networks });
    return 0;
  }
  const { style, columns: width } = output;
  const { columns } = await import("../render/format.js");
  output.print(style.bold("Metrics"));
  for (const { name, summary, source, options } of known) {
    output.print(columns([[name, `${summary} (${source})`]], width, style.bold));
    if (options.length > 0)
      output.print(
        columns(
          options.map((option) => [
            `    ${option.name}`,
            `${[option.type, option.description].filter((text) => text !== "").join("; ")}; default ${JSON.stringify(option.default)}`,
          ]),
          width,
          style.dim,
        ),
      );
  }
  output.print(style.bold("Feature networks"));
  output.print(
    columns(
      networks.map(({ name, summary, present }) => [
        name,
        `${summary}; ${present ? "present" : `not here: ${name.startsWith("inception") ? "gantry data fetch inception" : `gantry train-classifier ${name}`}`}`,
      ]),
      width,
      style.bold,
    ),
  );
  return 0;
}
