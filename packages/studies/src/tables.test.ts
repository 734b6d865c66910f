import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "@gantry/gan";
import { Random } from "@gantry/gan/data";
import type { Cell, Outcome } from "@gantry/gan/sweep";
import { type Study, studies } from "./engine/study.js";
import type { PackedRun } from "./engine/sweepStudy.js";
import { temporaryFolder, writeImages } from "./testing/files.js";

const home = await temporaryFolder();
const images = await writeImages(home);
// Composed images are of the digits for testing too.
for (const kind of ["images-idx3-ubyte", "labels-idx1-ubyte"])
  await copyFile(join(home, `train-${kind}`), join(home, `t10k-${kind}`));
const tables = [...(await studies.all()).values()].filter(({ takesData }) => takesData === true);

/** Pixels of data whose size is not said; CIFAR-10 may be a path. */
const SIDES: Readonly<Record<string, number>> = { cifar10: 32, mnist: 28 };

interface Parts {
  readonly data: { readonly name?: string; readonly size?: number };
  readonly net: JsonObject;
  readonly schedule: { readonly generatorBatch: number | null };
  readonly terms: Readonly<Record<string, JsonObject>>;
  readonly evaluation: { readonly metrics: string; readonly every: number };
}

/** The same composition on noise, so small that two iterations take a moment; nothing judges it. */
function tiny({ work, ...cell }: Cell): Cell {
  const config = work.config as unknown as Parts;
  const { data, net, schedule, terms } = config;
  const side = data.size ?? SIDES[data.name ?? "cifar10"];
  const isComposed = side === undefined || data.name === "stacked-mnist";
  const shrunk = (options: JsonObject, sizes: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(options).map(([key, value]) => [key, key in sizes ? sizes[key] : value]),
    );
  const small = {
    ...config,
    data: isComposed ? { ...data, path: home, count: 40 } : { path: images, size: side },
    net: shrunk(net, { channels: 4, generatorSize: 8, discriminatorSize: 8, encoderHidden: [8] }),
    terms: Object.fromEntries(
      Object.entries(terms).map(([name, options]) => [name, shrunk(options, { criticUnits: 8, steps: 1 })]),
    ),
    schedule: { ...schedule, generatorBatch: schedule.generatorBatch === null ? null : 8 },
    evaluation: null,
    batch: 8,
    steps: 2,
    samples: 4,
    threads: 1,
  };
  return { ...cell, work: { ...work, config: small } };
}

const NAMES: Readonly<Record<string, readonly [name: string, better: "lower" | "higher"][]>> = {
  fid: [["fid[cifar10-cnn]", "lower"]],
  kid: [["kid[cifar10-cnn]", "lower"]],
  is: [["is[cifar10-cnn]", "higher"]],
  mode: [["mode[digits-cnn]", "higher"]],
  coverage: [
    ["modes", "higher"],
    ["modes-kl", "lower"],
  ],
  missing: [
    ["missing-3.5", "lower"],
    ["missing-4", "lower"],
  ],
};

/** A cell's outcome as it would be with the scores that it is to have, made up: none of them was measured. */
function madeUp(cell: Cell, of: PackedRun, random: Random): Outcome<unknown> {
  const config = cell.work.config as unknown as Parts;
  const scores = config.evaluation.metrics
    .split(",")
    .flatMap((metric) => NAMES[metric.split(":")[0]!] ?? [])
    .map(([name, better]) => ({ name, better, value: 1 + random.uniform(), iteration: 2 }));
  const iterations = Array.from({ length: 8 }, (_, i) => (i + 1) * 50);
  const curves = scores.map(({ name, value }) => {
    const values = iterations.map((_, i) => value + 8 - i + random.uniform());
    return [`eval/${name}`, { iterations, values }];
  });
  return { cell, status: "done", result: { ...of, config, scores, curves } };
}

async function tried(study: Study): Promise<void> {
  const cells = await study.cells({ seeds: 2 });
  // Two trainings in one folder would be in each other's way.
  assert.equal(new Set(cells.map(({ key }) => key)).size, cells.length);
  const [first] = cells;
  const other = cells.find(({ method }) => method !== first!.method);
  let run: PackedRun | undefined;
  for (const [i, cell] of [first!, other!].entries()) {
    const folder = join(home, `${study.name}-${i}`);
    const place = { folder, tell: () => {}, signal: new AbortController().signal };
    run = (await study.measure(tiny(cell), place)) as PackedRun;
    assert.equal(run.iteration, 2);
  }
  const random = new Random(1);
  const { markdown, text, data } = study.report(cells.map((cell) => madeUp(cell, run!, random)));
  for (const word of ["NaN", "undefined", "[object"]) assert.ok(!markdown.includes(word), markdown);
  for (const { method } of cells) assert.ok(text.includes(method), method);
  const { findings } = data as { findings: { claim: string; verdict: { word: string } }[] };
  for (const claim of study.claims ?? [])
    assert.ok(
      findings.some((finding) => finding.claim.startsWith(claim)),
      claim,
    );
  // With nothing measured there is a page too, and nothing is claimed.
  const reason = "why";
  const failed = study.report(cells.map((cell) => ({ cell, status: "failed", reason })));
  for (const { verdict } of (failed.data as { findings: typeof findings }).findings)
    assert.match(verdict.word, /^(undecided|cannot be tested)$/);
}

test("a training that is asked to be longer is looked at as often, not as densely", async () => {
  const study = await studies.get("infomax-table-4");
  const [usual, short, long] = await Promise.all(
    [undefined, 100, 1500].map(async (iterations) => (await study.cells({ seeds: 1, iterations }))[0]!),
  );
  const of = (cell: Cell) => cell.work.config as unknown as Parts & { readonly steps: number };
  const looks = of(usual!).steps / of(usual!).evaluation.every;
  assert.equal(of(long!).steps / of(long!).evaluation.every, looks);
  // A shorter one keeps its distance: it is tried, not compared.
  assert.equal(of(short!).evaluation.every, of(usual!).evaluation.every);
  assert.equal(of(long!).evaluation.metrics, of(usual!).evaluation.metrics);
});

test("there are tables, and each has both paces", () => {
  assert.ok(tables.length > 0);
  for (const { paces } of tables) assert.deepEqual(paces.map(({ name }) => name).sort(), ["paper", "quick"]);
});

for (const study of tables) test(`${study.name}: two trainings, and what is read of all`, () => tried(study));

test("what several tables of a paper train is the same cell", async () => {
  const keysOf = async (name: string, methods: string[]) =>
    (await (await studies.get(name)).cells({ seeds: 1, methods })).map(({ key }) => key);
  const [one] = await keysOf("infomax-table-1", ["sngan"]);
  assert.ok(one !== undefined);
  assert.deepEqual(await keysOf("infomax-table-3", ["sngan-b0-n5"]), [one]);
  assert.notDeepEqual(await keysOf("infomax-table-3", ["sngan-b0-n2"]), [one]);
});

test("at the paper's pace data that is not here is refused with how to get it; at the quick pace --data takes it in", async () => {
  const study = await studies.get("infomax-table-3");
  const elsewhere = await study.cells({ seeds: 1, data: { stl10: images }, problems: ["stl10"] });
  assert.ok(elsewhere.every(({ work }) => JSON.stringify(work.words).includes("STL-10 is /")));
  await assert.rejects(study.cells({ seeds: 1, problems: ["stl10"] }), /--data stl10=PATH/);
  await assert.rejects(study.cells({ seeds: 1, data: { photos: images } }), /unknown data set 'photos'/);
});
