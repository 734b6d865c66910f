// The fuzz test's child process: damages files of every kind that is read, and run folders, and has them read.
//   node fuzzFiles.js SEED COUNT LOG [FIRST [WORKERS]]    LOG is given the number of the file that was begun last
// Every damage depends on the seed and its number only. A crash ends this process; its parent reads LOG.
import { openSync, writeFileSync, writeSync } from "node:fs";
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  decodeArchive,
  decodePng,
  EventFileWriter,
  encodeCifar,
  encodeIdx,
  encodePng,
  FormatError,
  listTar,
  openImageArchive,
  readArrays,
  readCifar,
  readEventFile,
  readIdx,
  readPth,
  writeZip,
} from "@gantry/formats";
import { setThreads } from "@gantry/torch";
import { resolveConfig } from "../core/config/config.js";
import { readCheckpointFile } from "../core/run/checkpoints.js";
import { RunDirectory } from "../core/run/directory.js";
import { readRun } from "../core/run/summary.js";
import { convertMimicry } from "../exchange/mimicry.js";
import { startRun } from "../train/train.js";
import { Choices, damage, damageJson } from "./damage.js";

export interface FuzzFilesReport {
  readonly seed: number;
  readonly files: number;
  /** How many could be read in spite of the damage, and how many were refused in one line. */
  readonly read: number;
  readonly refused: number;
  /** Failures of other kinds, each with its number. */
  readonly others: readonly string[];
  /** The most memory the process ever had, in MiB. */
  readonly memory: number;
  readonly slowest: string;
}

/** Errors that are told to people in one line. */
const PLAIN = new Set(["FormatError", "UsageError", "RunError", "TorchError"]);

interface Specimen {
  readonly name: string;
  readonly bytes: Buffer;
  readonly read: (path: string) => Promise<unknown>;
}

const golden = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

async function collect(folder: string): Promise<Specimen[]> {
  const specimens: Specimen[] = [];
  const add = async (path: string, read: Specimen["read"]) =>
    specimens.push({ name: basename(path), bytes: await readFile(path), read });
  for (const entry of await readdir(golden("formats/golden"), { withFileTypes: true })) {
    const { name } = entry;
    const path = golden(`formats/golden/${name}`);
    if (!entry.isFile() || /\.(py|json)$/.test(name)) continue;
    if (name.endsWith(".tfevents")) await add(path, readEventFile);
    else await add(path, (file) => readArrays(file));
  }
  for (const name of ["sngan-32-discriminator", "cgan-32-generator"])
    await add(golden(`gan/golden/exchange/${name}.pth`), async (file) =>
      convertMimicry(await readPth(file), { file }),
    );
  const pixels = Uint8Array.from({ length: 3 * 64 }, (_, i) => i % 256);
  const png = await encodePng({ shape: [3, 8, 8], data: pixels });
  const sharp = (await import("sharp")).default;
  const pictures = [
    { name: "a/1.png", data: png },
    { name: "b/2.jpg", data: new Uint8Array(await sharp(png).jpeg().toBuffer()) },
    { name: "b/3.webp", data: new Uint8Array(await sharp(png).webp().toBuffer()) },
  ];
  const make = async (name: string, bytes: Uint8Array, read: Specimen["read"]) => {
    await writeFile(join(folder, name), bytes);
    await add(join(folder, name), read);
  };
  const decoded = async (path: string) => {
    const archive = await openImageArchive(path);
    try {
      let left = 0;
      for await (const { decoded } of decodeArchive(archive, archive.images, { size: 8 }))
        left += decoded ? 0 : 1;
      // What training does with a set of nothing but broken images.
      if (left === archive.images.length) throw new FormatError("no image can be decoded", { file: path });
      return left;
    } finally {
      await archive.close();
    }
  };
  await make("x.png", png, async (file) => decodePng(await readFile(file), { file }));
  for (const { name, data } of pictures)
    await make(`alone${extname(name)}`, data, async (file) => {
      const around = `${file}.d`;
      await mkdir(around, { recursive: true });
      await cp(file, join(around, `p${extname(name)}`));
      return decoded(around);
    });
  await writeZip(join(folder, "pictures.zip"), pictures);
  await add(join(folder, "pictures.zip"), decoded);
  const idx = { shape: [4, 2, 2], data: Uint8Array.from({ length: 16 }, (_, i) => i) };
  await make("plain.idx", encodeIdx(idx), (file) => readIdx(file));
  await make("packed.idx.gz", encodeIdx(idx, { gzip: true }), (file) => readIdx(file));
  const records = { count: 2, images: new Uint8Array(6144), labels: Uint8Array.of(1, 2), coarse: undefined };
  await make("cifar.bin", encodeCifar(records), (file) => readCifar(file, "cifar10"));
  await add(golden("formats/golden/before-0.1.10.pth.tar"), async (file) => {
    const handle = await open(file);
    try {
      return await listTar(handle, { file, end: (await handle.stat()).size });
    } finally {
      await handle.close();
    }
  });
  const events = await EventFileWriter.open(join(folder, "events"));
  events.scalar("loss", 1, 0.5);
  events.image("samples", 1, png, { width: 8, height: 8, channels: 3 });
  await events.close();
  await add(events.path, readEventFile);
  return specimens;
}

/** A small run, and its files: one of them is damaged at a time. */
async function makeRun(path: string): Promise<Map<string, Buffer>> {
  const config = await resolveConfig({
    recipe: "gan",
    preset: "small",
    settings: [{ steps: 2, batch: 8, samples: 1, data: { count: 64 } }],
  });
  const run = await startRun(config, path);
  for await (const _ of run.reports()) {
    // Trains to the end.
  }
  await run.trainer.close();
  await writeFile(join(path, "best.json"), '{"iteration":2,"name":"fid","value":1,"better":"lower"}');
  await writeFile(
    join(path, "report.json"),
    '{"format":1,"scores":[{"name":"fid","better":"lower","value":1,"values":[1]}],"subject":{"details":{"iteration":2}}}',
  );
  const names = [
    "config.json",
    "heartbeat.json",
    "best.json",
    "report.json",
    "events.jsonl",
    "checkpoints/step-000002/state.json",
    "checkpoints/step-000002/generator.safetensors",
  ];
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(path, name))] as const)),
  );
}

async function readWholeRun(path: string): Promise<void> {
  await readRun(path);
  const run = await RunDirectory.open(path);
  await run.best();
  await run.status();
  const { folder } = await run.checkpoint();
  await readCheckpointFile(folder, "generator.safetensors");
}

/** Files in work at once: reading is waiting, mostly. */
const WORKERS = 8;

async function main(): Promise<void> {
  setThreads(1);
  const [seedText = "1", countText = "1000", log = "/dev/null", firstText = "0"] = process.argv.slice(2);
  const workers = Number(process.argv[6] ?? WORKERS);
  const [seed, count, first] = [Number(seedText), Number(countText), Number(firstText)];
  const folder = await mkdtemp(join(tmpdir(), "gantry-fuzz-files-"));
  const descriptor = openSync(log, "w");
  let [next, read, refused, slowest, slowestName] = [first, 0, 0, 0, ""];
  const others: string[] = [];
  try {
    const specimens = await collect(folder);
    const original = join(folder, "run");
    const runFiles = [...(await makeRun(original))];
    const worker = async (number: number): Promise<void> => {
      const own = join(folder, `worker-${number}`);
      await cp(original, join(own, "run"), { recursive: true });
      while (next < count) {
        const i = next++;
        writeSync(descriptor, `${i}\n`, 0);
        const choices = new Choices(seed * 1_000_003 + i);
        const specimen = choices.pick(specimens);
        const other = choices.pick(specimens).bytes;
        // Every fifth is a run folder with one file of it damaged.
        const [name, bytes] = choices.pick(runFiles);
        const isRun = choices.int(5) === 0;
        const what = isRun ? `run/${name}` : specimen.name;
        const began = performance.now();
        try {
          if (isRun) await readDamagedRun(join(own, "run"), name, bytes, other, choices);
          else {
            const path = join(own, `damaged${extname(specimen.name)}`);
            writeFileSync(path, damage(specimen.bytes, other, choices));
            await specimen.read(path);
          }
          read++;
        } catch (error) {
          const { name: kind, message } = error as Error;
          if (PLAIN.has(kind) && !/[\r\n]/.test(message.replace(/\n {2}/g, ""))) refused++;
          else if (others.length < 20)
            others.push(`file ${i}, ${what}: ${(error as Error).stack ?? String(error)}`);
        }
        const time = performance.now() - began;
        if (time > slowest) [slowest, slowestName] = [time, `file ${i}: ${time.toFixed(0)} ms: ${what}`];
      }
    };
    await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  const report: FuzzFilesReport = {
    seed,
    files: count - first,
    read,
    refused,
    others,
    memory,
    slowest: slowestName,
  };
  console.log(JSON.stringify(report));
}

async function readDamagedRun(
  path: string,
  name: string,
  bytes: Buffer,
  other: Uint8Array,
  choices: Choices,
): Promise<void> {
  const damaged = /\.jsonl?$/.test(name)
    ? damageJson(bytes.toString("utf8"), other, choices)
    : damage(bytes, other, choices);
  writeFileSync(join(path, name), damaged);
  try {
    await readWholeRun(path);
  } finally {
    writeFileSync(join(path, name), bytes);
  }
}

await main();
