import { join } from "node:path";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import { type ImportOptions, importOption } from "../parts.js";
import { bytes, count } from "../render/format.js";
import { generatorOptions } from "../sampling/options.js";
import { parseRun } from "../settings.js";

interface Options extends ImportOptions {
  readonly onnx?: string;
  readonly page?: string;
  readonly player?: string;
  readonly half?: boolean;
  readonly weights?: "ema" | "raw";
  readonly standingStatistics?: string;
}

export default defineCommand<Options>({
  name: "export",
  summary: "take a run's networks elsewhere: an ONNX file, or a page for a browser",
  description:
    "Writes a run's network as an ONNX file, for ONNX Runtime and whatever else reads such files, or as a folder that any " +
    "web server shows: there the generator runs in the visitor's browser. Normalised weights are computed once and stand in the " +
    "file; random numbers are inputs. The file says of itself what its latents and classes are (gantry.prior, gantry.classes).",
  arguments: [
    { name: "<run[@step]>", description: "a run directory, with the iteration of a checkpoint or best" },
  ],
  options: [
    { flags: "--onnx <file>", description: "FILE.onnx: inputs latents, class, psi, noise.N; output images" },
    { flags: "--page <dir>", description: "a folder with a page that shows the generator" },
    {
      flags: "--player <name>",
      description: "with --onnx: whose network, as discriminator or encoder; default generator",
    },
    {
      flags: "--half",
      description: "store weights in half precision, half as large; it computes in float32",
    },
    ...generatorOptions,
    importOption,
  ],
  examples: [
    ["gantry export runs/dcgan --onnx generator.onnx", "G in one file"],
    ["gantry export runs/dcgan --page site", "a page: put the folder on any web server"],
    ["gantry export runs/ali --onnx encoder.onnx --player encoder", "images to latents"],
  ],
  async run(output, [name = ""], options) {
    const { onnx, page, player } = options;
    if (onnx === undefined && page === undefined)
      throw new UsageProblem("say what to write: --onnx FILE.onnx, --page FOLDER, or both");
    if (onnx !== undefined && !/\.onnx$/i.test(onnx))
      throw new UsageProblem(`--onnx ${onnx}: name a file that ends in .onnx`);
    if (page !== undefined && (player ?? "generator") !== "generator")
      throw new UsageProblem("--page shows the generator; leave --player out, or write --onnx alone");
    const standing = wholeNumber("--standing-statistics", options.standingStatistics, 1, 100_000);
    const { exportRun, importParts } = await import("@gantry/gan");
    await importParts(options.import ?? []);
    const { path, iteration } = await parseRun(name);
    const { dataProgress } = await import("../training.js");
    const made = await exportRun(path, {
      iteration,
      player,
      standing,
      half: options.half,
      weights: options.weights,
      context: dataProgress(output),
    });
    const written: Record<string, string> = {};
    if (onnx !== undefined) {
      const { writeFileAtomically } = await import("@gantry/formats");
      await writeFileAtomically(onnx, made.bytes);
      written.onnx = onnx;
    }
    if (page !== undefined) {
      const { writePage } = await import("../exporting.js");
      await writePage(page, made);
      written.page = page;
    }
    if (output.json) {
      output.printJson({ event: "exported", ...written, bytes: made.bytes.length, metadata: made.metadata });
      return 0;
    }
    const what = `${made.player} of ${path} at iteration ${count(made.iteration)}, ${bytes(made.bytes.length)}`;
    if (onnx !== undefined) output.print(`${onnx}: ${what}`);
    if (page !== undefined) {
      output.print(`${page}: a page with the ${what}`);
      output.print(`next: open ${join(page, "index.html")} in a browser, or put the folder on a web server`);
    }
    return 0;
  },
});
