import { mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { ArrayValue, NamedArrays } from "@gantry/formats";
import type { MimicryFile, MimicryMethod } from "@gantry/gan";
import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { wholeNumber } from "../numbers.js";
import type { Output } from "../output.js";
import { amount, bytes, count, shellWord } from "../render/format.js";
import { dataSetting } from "../settings.js";

interface Options {
  readonly as?: MimicryMethod;
  readonly size?: string;
  readonly data?: string;
  readonly arrays?: boolean;
}

export default defineCommand<Options>({
  name: "convert",
  summary: "convert files of tensors, and networks of kwotsin/mimicry to runs",
  description:
    "Converts files of named tensors. IN is a checkpoint of PyTorch's (read without running anything in it), a " +
    ".safetensors, .npz or .npy file, whatever its name, or a folder of .npy files. OUT is a .safetensors or .npz file, or a " +
    "folder of .npy files. A generator of kwotsin/mimicry, alone or with its discriminator, becomes a run in the folder OUT: " +
    "sample, eval and fork work on it.",
  arguments: [
    {
      name: "<files...>",
      description: "what to read, then what to write; a name without an ending is a folder",
    },
  ],
  options: [
    {
      flags: "--as <method>",
      description: "of mimicry's: which method a network is of, where its tensors do not tell",
      choices: ["dcgan", "dcgan-cifar", "wgan-gp", "sngan", "ssgan", "infomax-gan", "cgan-pd", "sagan"],
    },
    { flags: "--size <n>", description: "of mimicry's: side of the images, where the tensors do not tell" },
    {
      flags: "--data <name|path>",
      description: "of mimicry's: what it was trained on; default cifar10 or cifar100 at 32 pixels",
    },
    { flags: "--arrays", description: "a folder of .npy files, also of a network that would become a run" },
  ],
  examples: [
    ["gantry convert generator.pth generator.safetensors", "a checkpoint of PyTorch's"],
    ["gantry convert generator.safetensors generator.npz", "for NumPy"],
    ["gantry convert generator.safetensors arrays", "one .npy file a tensor"],
    ["gantry convert arrays generator.safetensors", "and back"],
    ["gantry convert netG.pth netD.pth runs/sngan-public", "networks of mimicry's, as a run"],
    ["gantry convert netG.pth runs/public --as dcgan-cifar", "a method that the tensors do not tell"],
  ],
  async run(output, files, options) {
    const sources = files.slice(0, -1);
    const target = files.at(-1) ?? "";
    const [source = ""] = sources;
    if (sources.length === 0)
      throw new UsageProblem(`${target}: say what to write too: gantry convert IN OUT`);
    await refuseOwnInput(sources, target);
    const isFolder = /[\\/]$/.test(target) || extname(target) === "";
    if (isFolder && options.arrays !== true) {
      const networks = await readNetworks(sources, output, options);
      if (networks !== undefined) return await writeRun(output, target, networks, options);
    }
    for (const [name, value] of Object.entries(options))
      if (name !== "arrays" && name !== "json" && value !== undefined)
        throw new UsageProblem(
          `--${name} is for networks of kwotsin/mimicry that become a run; name a folder to write, and leave --arrays out`,
        );
    if (sources.length > 1)
      throw new UsageProblem(
        `${sources[1]}: one file is converted at a time; several are read where they are a generator and a discriminator of kwotsin/mimicry, and OUT is a folder`,
      );
    const write = writerOf(target);
    const note = (text: string) => output.reporter.note(text);
    const arrays = await readSource(source, note);
    const total = [...arrays.values()].reduce((sum, { data }) => sum + data.length, 0);
    if (arrays.size === 0) throw new UsageProblem(`${source}: there are no tensors in it`);
    noteWidened(arrays, note);
    const widened = await write(target, arrays);
    if (widened > 0)
      output.reporter.note(`${amount(widened, "tensors")} of bfloat16, which NumPy has not, became float32`);
    output.print(`${target}: ${amount(arrays.size, "tensors")}, ${bytes(total)}`);
    return 0;
  },
});

/** What is read stays as it is, whatever its name is written like. */
async function refuseOwnInput(sources: readonly string[], target: string): Promise<void> {
  const placeOf = (path: string) => realpath(path).catch(() => resolve(path));
  for (const source of sources)
    if ((await placeOf(source)) === (await placeOf(target)))
      throw new UsageProblem(`${target}: that is what is read; name another file or folder to write`);
}

/** Checkpoints that are networks of kwotsin/mimicry, all of them; undefined where one is not, or is none at all. */
async function readNetworks(
  sources: readonly string[],
  output: Output,
  options: Options,
): Promise<MimicryFile[] | undefined> {
  const { readTree } = await import("@gantry/formats");
  const networks: MimicryFile[] = [];
  const asked = options.as !== undefined || options.data !== undefined || options.size !== undefined;
  for (const path of sources) {
    const status = await stat(path).catch(() => undefined);
    if (status === undefined) throw new UsageProblem(`${path}: no such file or folder`);
    const notes: string[] = [];
    const value = status.isDirectory() ? null : await readTree(path, { onNote: (text) => notes.push(text) });
    const { isMimicry } = await import("@gantry/gan");
    if (value === null || !isMimicry(value)) {
      if (asked)
        throw new UsageProblem(
          `${path}: not a network of kwotsin/mimicry's; leave --as, --size and --data out`,
        );
      return undefined;
    }
    for (const text of notes) output.reporter.note(text);
    networks.push({ path, value });
  }
  return networks;
}

async function writeRun(
  output: Output,
  target: string,
  files: MimicryFile[],
  options: Options,
): Promise<number> {
  const { createMimicryRun } = await import("@gantry/gan");
  const size = wholeNumber("--size", options.size, 1);
  const run = await createMimicryRun(target, {
    files,
    method: options.as,
    size,
    data: options.data === undefined ? undefined : await dataSetting(options.data),
    onNote: (text) => output.reporter.note(text),
  });
  const { recipe, net } = run.config;
  const { iteration } = await run.checkpoint();
  output.print(
    `${target}: a run of ${recipe} at iteration ${count(iteration)}, ${files.length === 1 ? "its generator" : "generator and discriminator"} with net.channels=${net.channels}`,
  );
  output.print(`next: gantry sample ${shellWord(target)} --count 64 --out grid.png`);
  return 0;
}

/** What is read, of whatever name: the contents say. */
async function readSource(path: string, onNote: (note: string) => void): Promise<NamedArrays> {
  const { readArrays } = await import("@gantry/formats");
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) throw new UsageProblem(`${path}: no such file or folder`);
  return status.isDirectory() ? await readFolder(path) : await readArrays(path, { onNote });
}

/** Tells of tensors that became others because Gantry has no such types. */
function noteWidened(arrays: NamedArrays, onNote: (note: string) => void): void {
  const changes = new Map<string, number>();
  for (const { storedAs, dtype } of arrays.values()) {
    if (storedAs === undefined) continue;
    const parts = /complex/.test(storedAs) ? ", real and imaginary parts along a last extent" : "";
    const change = storedAs.startsWith("sparse") ? "dense" : dtype;
    const words = ` of ${storedAs} became ${change}${parts}`;
    changes.set(words, (changes.get(words) ?? 0) + 1);
  }
  for (const [words, number] of changes) onNote(`${amount(number, "tensors")}${words}`);
}

async function readFolder(path: string): Promise<NamedArrays> {
  const { readNpy } = await import("@gantry/formats");
  const files = (await readdir(path)).filter((name) => name.endsWith(".npy")).sort();
  if (files.length === 0) throw new UsageProblem(`${path}: there are no .npy files in it`);
  const arrays: NamedArrays = new Map();
  for (const file of files) arrays.set(nameOf(file), await readNpy(join(path, file)));
  return arrays;
}

/** @returns how many arrays had to become float32 */
type Writer = (path: string, arrays: NamedArrays) => Promise<number>;

function writerOf(path: string): Writer {
  const ending = /[\\/]$/.test(path) ? "" : extname(path).toLowerCase();
  switch (ending) {
    case ".safetensors":
      return async (file, arrays) => {
        const { writeSafetensors } = await import("@gantry/formats");
        await writeSafetensors(file, arrays);
        return 0;
      };
    case ".npz":
      return async (file, arrays) => {
        const { writeNpz } = await import("@gantry/formats");
        const { fitted, widened } = await forNumpy(arrays);
        await writeNpz(file, fitted);
        return widened;
      };
    case "":
      return writeFolder;
    default:
      throw new UsageProblem(
        `${path}: not a kind that can be written: .safetensors, .npz, or a folder for .npy files`,
      );
  }
}

async function forNumpy(arrays: NamedArrays): Promise<{ fitted: NamedArrays; widened: number }> {
  const { toFloat32 } = await import("@gantry/formats");
  let widened = 0;
  const fitted: NamedArrays = new Map();
  for (const [name, array] of arrays) {
    if (array.dtype !== "bfloat16") {
      fitted.set(name, array);
      continue;
    }
    widened++;
    const wide = toFloat32(array);
    const value: ArrayValue = {
      dtype: "float32",
      shape: array.shape,
      data: new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength),
    };
    fitted.set(name, value);
  }
  return { fitted, widened };
}

/** The whole folder appears at once, or not at all. */
async function writeFolder(path: string, arrays: NamedArrays): Promise<number> {
  const { writeNpy } = await import("@gantry/formats");
  const folder = resolve(path);
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new UsageProblem(`${path}: a file of that name is in the way`);
  });
  if (present !== undefined && present.length > 0)
    throw new UsageProblem(`${path}: the folder is not empty; name a new one`);
  const { fitted, widened } = await forNumpy(arrays);
  const temporary = join(dirname(folder), `.${basename(folder)}.${process.pid}.tmp`);
  try {
    await mkdir(temporary);
    for (const [name, array] of fitted) await writeNpy(join(temporary, fileOf(name)), array);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return widened;
}

// A name out of a file must not lead out of the folder, nor differ only in what some file systems ignore.
const fileOf = (name: string) => `${name.replace(/[^\w.+ -]/g, encodeURIComponent)}.npy`;

function nameOf(file: string): string {
  const name = file.slice(0, -".npy".length);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
