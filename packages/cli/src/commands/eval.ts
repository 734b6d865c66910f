import type { EvaluationContext, EvaluationRequest } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { list } from "../evaluating/list.js";
import {
  type EvaluationOptions,
  requestOf,
  type TradeOffRequest,
  tradeOffOf,
} from "../evaluating/request.js";
import type { Output } from "../output.js";
import { importForRuns, importOption, importOwn } from "../parts.js";
import { asRanks, isLost, type RankOptions, timeoutOption } from "../ranks.js";
import { describeReport, describeTradeOff } from "../render/evaluation.js";
import { duration, shellWord } from "../render/format.js";
import { generatorOptions } from "../sampling/options.js";
import { movedDataOptions } from "../settings.js";
import { Interrupted, Interruption } from "../signals.js";

type Options = EvaluationOptions & RankOptions;

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
      flags: "--truncation <t,...>",
      description:
        "of a run: draw numbers of a latent beyond t anew (BigGAN); several values, as 0.2,0.5,1,none, make the trade-off's curve",
    },
    {
      flags: "--psi <p,...>",
      description:
        "of a run: intermediate latents p times as far from their mean (StyleGAN); several make a curve",
    },
    ...generatorOptions,
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
    {
      flags: "--out <file>",
      description:
        "where the report goes; default RUN/report.json; a curve's RUN/truncation.json, RUN/psi.json, with a .png beside it",
    },
    {
      flags: "--processes <n>",
      description: "by n processes of this machine, which share the images; the scores are those of one",
    },
    timeoutOption,
    { flags: "--list", description: "list the metrics with their options, and the feature networks" },
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry eval runs/dcgan-fashion-mnist-0", "against what it was trained on"],
    ["gantry eval runs/sngan --samples 50000 --repeats 3 --metrics fid,kid,is", "as papers report it"],
    ["gantry eval photos --against cifar10:test --metrics fid,prdc:neighbours=5", "a folder of images"],
    ["gantry eval fake.npy --against runs/gan-ring-0", "what 'gantry sample' wrote, against that run's data"],
    [
      "gantry eval runs/biggan-cifar10-0 --truncation 0.2,0.5,1,none --metrics fid,is,prdc",
      "what truncation trades: a table, and a picture",
    ],
    ["gantry eval runs/biggan-cifar10-0 --processes 4", "each looks at a part of the images"],
    ["gantry eval --list", "metrics, their options, and networks"],
  ],
  async run(output, [what], options) {
    if (options.list === true) {
      await importOwn(options);
      return await list(output);
    }
    if (what === undefined) throw new UsageProblem("say what to evaluate; see 'gantry eval --help'");
    return await asRanks(
      output,
      options,
      () => evaluateAndShow(output, what, options),
      async (context) => {
        const { followEvaluations } = await import("@gantry/gan");
        const { onProgress: _, ...others } = context;
        await followEvaluations(others);
      },
    );
  },
});

async function evaluateAndShow(output: Output, what: string, options: Options): Promise<number> {
  const { endEvaluations, parseSubject } = await import("@gantry/gan");
  const named = await Promise.all([what, options.against ?? what].map((text) => parseSubject(text)));
  const runs = named.flatMap((subject) => (subject.kind === "run" ? [subject.path] : []));
  // Its generator may do without what trained it.
  await importForRuns([...new Set(runs)], options, "eval", output, ["term"]);
  if (options.out === "") throw new UsageProblem("--out is empty; name a file");
  const request = await requestOf(what, options);
  const { curve } = tradeOffOf(options);
  const interruption = new Interruption({
    onFirst: () =>
      output.reporter.note(
        "Stopping. What was looked at is kept: the same command goes on from here. Ctrl-C again stops at once.",
      ),
  });
  const { reporter } = output;
  const context = {
    onProgress: reporter.progress,
    onNotice: reporter.warning,
    onNote: reporter.note,
    signal: interruption.signal,
  };
  try {
    await (curve === undefined
      ? report(output, request, options.out, context)
      : tradeOff(output, request, curve, options.out, context));
    await endEvaluations();
  } catch (error) {
    // Ctrl-C reaches every process of a terminal: another may have stopped first.
    if (interruption.signal.aborted && (error instanceof Interrupted || isLost(error)))
      return interruption.status;
    throw error;
  } finally {
    interruption.release();
  }
  return 0;
}

async function report(
  output: Output,
  request: EvaluationRequest,
  out: string | undefined,
  context: EvaluationContext,
): Promise<void> {
  const { evaluate, writeReport } = await import("@gantry/gan");
  const { writeFileAtomically } = await import("@gantry/formats");
  const { subject } = request;
  const place = out ?? (subject.kind === "run" ? `${subject.path}/report.json` : undefined);
  const pictures = new Map<string, Uint8Array>();
  const found = await evaluate(request, {
    ...context,
    onPicture: (name, png) => pictures.set(name, png),
  });
  if (place !== undefined) {
    await writeReport(place, found);
    for (const [name, png] of pictures) await writeFileAtomically(pictureBeside(place, name), png);
  }
  if (output.json) return output.printJson({ event: "report", ...found });
  output.print(describeReport(found, output.style, output.columns));
  output.print(
    `\n${duration(found.seconds)}; ${place === undefined ? "--out FILE keeps the report" : `the report: ${shellWord(place)}`}`,
  );
  if (place !== undefined)
    for (const name of pictures.keys())
      output.print(`called missing: ${shellWord(pictureBeside(place, name))}`);
}

/** `RUN/report.missing-3.5.png` beside `RUN/report.json`. */
const pictureBeside = (report: string, name: string) => `${report.replace(/\.json$/, "")}.${name}.png`;

async function tradeOff(
  output: Output,
  request: EvaluationRequest,
  { by, values }: NonNullable<TradeOffRequest["curve"]>,
  out: string | undefined,
  context: EvaluationContext,
): Promise<void> {
  const { evaluateTradeOff, writeTradeOff } = await import("@gantry/gan");
  const { subject, ...rest } = request;
  if (subject.kind !== "run") throw new UsageProblem(`--${by} is of a run; leave it out`);
  if (out !== undefined && !/\.json$/i.test(out))
    throw new UsageProblem(`--out ${out}: a curve goes to FILE.json, and its picture to FILE.png beside it`);
  const place = out?.replace(/\.json$/i, "") ?? `${subject.path}/${by}`;
  const curve = await evaluateTradeOff({ ...rest, subject }, by, values, context);
  await writeTradeOff(place, curve);
  if (output.json) return output.printJson({ event: "curve", ...curve, picture: `${place}.png` });
  output.print(describeTradeOff(curve, output.style, output.columns));
  output.print(`\nThe reports: ${shellWord(`${place}.json`)}; the curve: ${shellWord(`${place}.png`)}`);
}
