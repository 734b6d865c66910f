import { readFile, realpath } from "node:fs/promises";
import type { LibTorch as FoundLibtorch } from "@gantry/torch/find-libtorch";
import type { Machine } from "@gantry/torch/limits";
import { defineCommand } from "../command.js";
import { explain } from "../errors.js";
import { firstCommands } from "../firstCommands.js";
import type { Output } from "../output.js";
import { amount, bytes, columns } from "../render/format.js";
import { bfloat16Gain } from "../training.js";

interface Options {
  readonly speed?: boolean;
}

/** What one line of the report says. Problems make the command fail; hints only advise. */
interface Finding {
  readonly label: string;
  readonly text: string;
  readonly problem?: string;
  readonly hint?: string;
}

interface Report {
  gantry: string;
  node: string;
  platform: string;
  libtorch: LibTorch | null;
  blas: string | null;
  threads: number | null;
  cores: number;
  /** Processors' time that is given: less than the cores under a quota. */
  processors: number;
  /** Bytes that may be held: less than are installed under a limit. */
  memory: number;
  devices: string[];
  /** Of a 3x3 convolution with 128 channels. */
  gflops: Record<string, number>;
  /** How long Gantry's convolutions take in bfloat16, as a multiple of float32; null where it was not measured. */
  bfloat16: number | null;
  data: { name: string; path: string | null; available: boolean }[];
  problems: string[];
  hints: string[];
}

interface LibTorch {
  /** Of the one that is loaded, whatever was built against. */
  readonly version: string;
  /** The loaded library's true path. */
  readonly library: string;
  /** Where it was found when Gantry was built, and whose it was. */
  readonly root: string | null;
  readonly source: string | null;
  /** What a build would take now, where that is another. */
  readonly found: { readonly version: string; readonly library: string; readonly source: string } | null;
}

export default defineCommand<Options>({
  name: "doctor",
  summary: "look at what Gantry stands on, and how fast it is here",
  description:
    "Looks at what Gantry stands on: LibTorch, its BLAS and threads, the speed of a 3x3 convolution with 128 " +
    "channels, and the data sets found. It fails where something is missing, and says what helps.",
  options: [
    { flags: "--no-speed", description: "do not measure speed" },
    { flags: "--json", description: "print JSON" },
  ],
  examples: [
    ["gantry doctor", "all of it, in some seconds"],
    ["gantry doctor --json --no-speed", "for a program"],
  ],
  async run(output, _, options) {
    const { machine } = await import("@gantry/torch/limits");
    const given = machine();
    const report: Report = {
      gantry: "",
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      libtorch: null,
      blas: null,
      threads: null,
      cores: given.cores,
      processors: given.processors,
      memory: given.memory,
      devices: [],
      gflops: {},
      bfloat16: null,
      data: [],
      problems: [],
      hints: [],
    };
    const show = (finding: Finding) => {
      if (finding.problem !== undefined) report.problems.push(finding.problem);
      if (finding.hint !== undefined) report.hints.push(finding.hint);
      if (!output.json) output.print(line(output, finding));
    };
    show({
      label: "Node",
      text: `${report.node} on ${report.platform}, ${shares(given)}`,
    });
    try {
      await lookAtTorch(report, show);
      if (options.speed !== false) await measure(output, report, show);
    } catch (error) {
      const { message } = await explain(error);
      const found = await locateLibtorch();
      const { BUILD } = await import("@gantry/torch/installation");
      const help =
        typeof found === "string" ? found : `LibTorch ${found.version} is at ${found.root}: run ${BUILD}`;
      show({ label: "LibTorch", text: "cannot be used", problem: `${message}\n${help}` });
    }
    if (report.libtorch !== null) await lookAtData(report, show);
    if (output.json) output.printJson(report);
    else summarise(output, report);
    return report.problems.length > 0 ? 1 : 0;
  },
});

/** Cores and memory, and how much of them a control group leaves. */
function shares({ cores, processors, memory, installed }: Machine): string {
  const part = processors < cores ? `${Number(processors.toPrecision(3))} of ` : "";
  const limit = memory < installed ? `${bytes(memory)} of ` : "";
  return `${part}${amount(cores, "cores")}, ${limit}${bytes(installed)}${part + limit === "" ? "" : " (a limit of this container or service)"}`;
}

function line({ style, columns: width }: Output, { label, text, problem, hint }: Finding): string {
  const mark =
    problem !== undefined ? style.bad("x") : hint !== undefined ? style.bold("!") : style.good("ok");
  const body = columns([[label.padEnd(LABEL), text]], width - 3);
  return `${mark}${" ".repeat(problem === undefined && hint === undefined ? 1 : 2)}${body.trimStart().replaceAll("\n", "\n   ")}`;
}

const LABEL = 12;

function summarise(output: Output, { problems, hints, data }: Report): void {
  for (const hint of hints) output.print(`${output.style.bold("advice")}: ${hint}`);
  for (const problem of problems) output.print(`${output.style.bad("problem")}: ${problem}`);
  if (problems.length === 0) output.print(`Ready. Try next:\n${firstCommands(data).join("\n")}`);
}

async function lookAtTorch(report: Report, show: (finding: Finding) => void): Promise<void> {
  const { describe, deviceCount, getThreads } = await import("@gantry/torch");
  const { GANTRY_VERSION } = await import("@gantry/gan");
  report.gantry = GANTRY_VERSION;
  await lookAtLibrary(report, show);
  const blas = await findBlas(describe());
  report.blas = blas.name;
  show({
    label: "BLAS",
    text: blas.name,
    ...(blas.hint === undefined ? {} : { hint: blas.hint }),
  });
  report.threads = getThreads();
  const wished = process.env.OMP_NUM_THREADS;
  show({
    label: "Threads",
    text: `${report.threads} of ${amount(report.cores ?? 0, "cores")}${wished === undefined ? "" : ` (OMP_NUM_THREADS=${wished})`}`,
  });
  for (const kind of ["cuda", "mps"] as const)
    for (let i = 0; i < deviceCount(kind); i++) report.devices.push(kind === "mps" ? kind : `${kind}:${i}`);
  show({ label: "Devices", text: ["cpu", ...report.devices].join(", ") });
}

/** Which LibTorch is loaded, whether it is the one Gantry was built against, and whether a build would take another now. */
async function lookAtLibrary(report: Report, show: (finding: Finding) => void): Promise<void> {
  const { builtAgainst, libraryPath, version } = await import("@gantry/torch");
  const { versionBeside } = await import("@gantry/torch/find-libtorch");
  const { BUILD } = await import("@gantry/torch/installation");
  const built = builtAgainst();
  const library = libraryPath();
  const stated = versionBeside(library) ?? (library === built?.library ? version() : undefined);
  const found = await locateLibtorch();
  const another = typeof found === "string" || found.library === built?.library ? null : found;
  report.libtorch = {
    version: stated ?? "unknown",
    library,
    root: built?.root ?? null,
    source: built?.source ?? null,
    found: another && { version: another.version, library: another.library, source: another.source },
  };
  const whose = library === built?.library ? `, ${built.source}` : "";
  show({
    label: "LibTorch",
    text: `${stated ?? "of unknown version"}${whose} (${library})`,
    ...(built !== undefined && library !== built.library
      ? {
          problem:
            `Gantry was built against LibTorch ${built.version} (${built.library}), but ${library} is loaded: ` +
            "LD_LIBRARY_PATH or LD_PRELOAD names another",
        }
      : another !== null
        ? {
            hint:
              `Gantry was built against LibTorch ${built?.version}, ${built?.source}; a build would now take ` +
              `${another.version}, ${another.source} (${another.root}): ${BUILD}`,
          }
        : {}),
  });
}

/** What a build would take, or what would help. */
async function locateLibtorch(): Promise<FoundLibtorch | string> {
  const { findLibtorch } = await import("@gantry/torch/find-libtorch");
  try {
    return findLibtorch();
  } catch (error) {
    return (error as Error).message;
  }
}

/** The library that multiplies matrices: the one loaded into this process, where the system tells; else as built. */
async function findBlas(description: string): Promise<{ name: string; hint?: string }> {
  const maps = await readFile("/proc/self/maps", "utf8").catch(() => "");
  const files = [
    ...new Set(maps.match(/\/\S*lib(?:openblas|blas|mkl_core|mkl_rt|blis|atlas)[^\s/]*\.so[^\s/]*/g) ?? []),
  ];
  const loaded = await Promise.all(files.map((file) => realpath(file).catch(() => file)));
  const built = /BLAS_INFO=(\w+)/.exec(description)?.[1] ?? "unknown";
  // Debian's alternatives: libblas.so.3 of OpenBLAS lies in a folder of that name.
  const fast = loaded.find((file) => /openblas|mkl|blis|atlas/i.test(file));
  if (fast !== undefined)
    return /openblas-pthread/.test(fast) ? { name: fast, hint: TWO_POOLS } : { name: fast };
  const reference = loaded.find((file) => /\/libblas\.so/.test(file));
  if (reference !== undefined)
    return {
      name: `${reference} (reference)`,
      hint: "matrices are multiplied by the reference BLAS, many times slower than OpenBLAS: sudo apt-get install libopenblas0-openmp",
    };
  return { name: built };
}

/** What SciPy brings along on Debian: measured, a DCGAN iteration of plain PyTorch took twice as long with it. */
const TWO_POOLS =
  "this OpenBLAS has threads of its own beside LibTorch's OpenMP, and each waits for the other's: sudo apt-get install " +
  "libopenblas0-openmp, and choose it by sudo update-alternatives --config for libblas.so.3, liblapack.so.3 and libopenblas.so.0 " +
  "(each followed by -x86_64-linux-gnu, or what dpkg-architecture -qDEB_HOST_MULTIARCH prints)";

/** What is convolved by LibTorch's kernels, a measure of the machine: like a layer in the middle of a DCGAN. */
const BATCH = 32;
const CHANNELS = 128;
const SIDE = 16;
const SECONDS = 0.4;

async function measure(output: Output, report: Report, show: (finding: Finding) => void): Promise<void> {
  const { noGrad, scope, torch } = await import("@gantry/torch");
  const operations = 2 * BATCH * CHANNELS * CHANNELS * 9 * SIDE * SIDE;
  const kinds = [
    ["float32", "float32", "contiguous"],
    ["float32 channels-last", "float32", "channelsLast"],
    ["bfloat16 channels-last", "bfloat16", "channelsLast"],
  ] as const;
  for (const [index, [name, dtype, memoryFormat]] of kinds.entries()) {
    output.reporter.progress({ what: `measuring ${name}`, done: index, total: kinds.length, unit: "" });
    const best = noGrad(() =>
      scope(() => {
        const image = torch
          .randn([BATCH, CHANNELS, SIDE, SIDE])
          .toCopy({ dtype })
          .contiguous({ memoryFormat });
        const weight = torch.randn([CHANNELS, CHANNELS, 3, 3]).toCopy({ dtype }).contiguous({ memoryFormat });
        let least = Number.POSITIVE_INFINITY;
        const began = performance.now();
        for (let round = 0; round < 2 || performance.now() - began < SECONDS * 1000; round++) {
          const start = performance.now();
          scope(() => {
            // LibTorch's own: Gantry's would tell of multiplications that it does not do.
            torch.convolution(image, weight, null, [1, 1], [1, 1], [1, 1], false, [0, 0], 1);
          });
          // The first one also chooses and compiles its kernel.
          if (round > 0) least = Math.min(least, performance.now() - start);
        }
        return least;
      }),
    );
    report.gflops[name] = Number((operations / (best / 1000) / 1e9).toPrecision(3));
  }
  output.reporter.clear();
  const text = Object.entries(report.gflops).map(([name, value]) => `${name} ${value}`);
  show({ label: "GFLOPS", text: `${text.join(", ")} (3x3 convolution, ${CHANNELS} channels)` });
  const { ratio, line } = await bfloat16Gain();
  report.bfloat16 = Number(ratio.toPrecision(3));
  show({
    label: "Precision",
    text:
      line ??
      `takes ${ratio.toFixed(2)} times as long as float32 in Gantry's convolutions: --precision bfloat16`,
  });
}

async function lookAtData(report: Report, show: (finding: Finding) => void): Promise<void> {
  const { listDatasets } = await import("@gantry/gan/data");
  const all = await listDatasets();
  report.data = all.map(({ name, path, available }) => ({ name, path: path ?? null, available }));
  const here = all.filter(({ available }) => available).map(({ name }) => name);
  const missing = all.filter(
    ({ available, remedies }) => !available && remedies.some((r) => r.startsWith("gantry data fetch")),
  );
  show({ label: "Data", text: `found: ${here.join(", ")}` });
  if (missing.length > 0)
    show({
      label: "Data",
      text: `not here: ${missing.map(({ name }) => name).join(", ")}; get them with gantry data fetch NAME`,
    });
}
