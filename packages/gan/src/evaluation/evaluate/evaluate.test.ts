import assert from "node:assert/strict";
import { appendFile, cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { encodeIdx, readSafetensors, writeNpy, writeSafetensors } from "@gantry/formats";
import { liveTensors, setThreads, torch } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { dataContext } from "../../core/data/context.js";
import type { Dataset } from "../../core/data/dataset.js";
import { openDataset } from "../../core/data/open.js";
import { bars } from "../../testing/datasets.js";
import { finish, temporaryFolder, tinyConfig } from "../../testing/runs.js";
import { startRun } from "../../train/train.js";
import { trainClassifier } from "../metrics/features/classifier.js";
import { Evaluation, evaluate } from "./evaluate.js";
import { findNetwork } from "./network.js";
import { readReport, writeReport } from "./report.js";
import { type EvaluationRequest, parseMetrics, parseReference, parseSubject } from "./request.js";
import { evaluateTradeOff, tradeOffPlots, writeTradeOff } from "./tradeOff.js";

setThreads(1);
const folder = await temporaryFolder();
const home = join(folder, "home");
const context = { home, cwd: folder };
// Whatever lies on the machine that runs the tests.
process.env.TORCH_HOME = folder;

/** Two folders of IDX files that are called as MNIST is. */
async function writeBars(dataset: Dataset, place: string): Promise<void> {
  await mkdir(place, { recursive: true });
  const indices = Uint32Array.from({ length: dataset.count }, (_, i) => i);
  const data = dataset.read(indices) as Uint8Array;
  const labels = Uint8Array.from(dataset.labels(indices)!);
  for (const split of ["train", "t10k"]) {
    const images = encodeIdx({ shape: [dataset.count, 28, 28], data });
    await writeFile(join(place, `${split}-images-idx3-ubyte`), images);
    await writeFile(
      join(place, `${split}-labels-idx1-ubyte`),
      encodeIdx({ shape: [dataset.count], data: labels }),
    );
  }
}

before(async () => {
  const [dataset, testDataset] = [bars(640, 1), bars(200, 2)];
  await trainClassifier("digits-cnn", { dataset, testDataset, epochs: 4, context: dataContext(context) });
  await writeBars(dataset, join(folder, "mnist"));
  await writeBars(bars(120, 5), join(folder, "mnist-other"));
});

const SMALL = "fid,kid:subsets=3,subsetSize=40,is:splits=2,mode:splits=2,coverage,prdc";

async function request(
  subject: string,
  against: string | undefined,
  metrics: string,
  more: Partial<EvaluationRequest> = {},
): Promise<EvaluationRequest> {
  return {
    subject: await parseSubject(subject, folder),
    against: against === undefined ? undefined : await parseReference(against, folder),
    metrics: parseMetrics(metrics),
    ...more,
  };
}

const scoreOf = ({ scores }: Awaited<ReturnType<typeof evaluate>>, name: string) =>
  scores.find((score) => score.name === name)!;

test("scores through a classifier that was kept though it fell short say so", async () => {
  const own = { home: join(folder, "home-weak"), cwd: folder };
  const file = join(own.home, "classifiers", "digits-cnn.safetensors");
  await cp(join(home, "classifiers"), join(own.home, "classifiers"), { recursive: true });
  const { arrays, metadata } = await readSafetensors(file);
  await writeSafetensors(file, arrays, { ...metadata, accuracy: "0.61", fellShortOf: "0.99" });
  const { scores } = await evaluate(await request("./mnist", "./mnist", SMALL), own);
  const note =
    /digits-cnn names 61 % of its test images rightly, below the 99 % it should: scores through it tell less$/;
  for (const score of scores) assert.match(score.note ?? "", note);
});

test("a set against itself, and against another: every metric under the classifier of such data", async () => {
  const live = liveTensors().count;
  const same = await evaluate(await request("./mnist", "./mnist", SMALL), context);
  assert.ok(Math.abs(scoreOf(same, "fid[digits-cnn]").value) < 1e-6);
  assert.equal(scoreOf(same, "precision[digits-cnn]").value, 1);
  assert.equal(scoreOf(same, "modes[digits-cnn]").value, 10);
  assert.deepEqual(same.subject.shape, [1, 28, 28]);
  assert.deepEqual([same.subject.samples, same.against?.samples], [640, 640]);
  assert.equal(same.networks[0]?.name, "digits-cnn");
  assert.ok(same.networks[0]!.accuracy! >= 0.99);
  const other = await evaluate(await request("mnist-other", "./mnist", SMALL), context);
  assert.ok(scoreOf(other, "fid[digits-cnn]").value > 0);
  assert.ok(other.scores.every(({ value }) => Number.isFinite(value)));
  assert.equal(scoreOf(other, "kid[digits-cnn]").note, "of 120 images it means little; take 1000 or more");
  assert.equal(liveTensors().count, live);
  // A report is plain JSON, and comes back.
  await writeReport(join(folder, "report.json"), other);
  assert.deepEqual(await readReport(join(folder, "report.json")), other);
  await assert.rejects(readReport(join(folder, "none.json")), /is missing/);
});

test("repeats draw by seed + r; what nothing is drawn for is measured once", async () => {
  const all = await evaluate(await request("mnist-other", "./mnist", SMALL, { repeats: 3 }), context);
  const [fid, kid] = [scoreOf(all, "fid[digits-cnn]"), scoreOf(all, "kid[digits-cnn]")];
  assert.deepEqual([fid.values.length, fid.repeatDeviation], [1, null]);
  assert.deepEqual(kid.seeds, [2020, 2021, 2022]);
  assert.equal(new Set(kid.values).size, 3);
  assert.ok(kid.repeatDeviation! > 0);
  const some = await evaluate(
    await request("mnist-other", "./mnist", SMALL, { repeats: 2, samples: 60, seed: 5 }),
    context,
  );
  const drawn = scoreOf(some, "fid[digits-cnn]");
  assert.equal(new Set(drawn.values).size, 2);
  assert.deepEqual(scoreOf(some, "kid[digits-cnn]").seeds, [5, 6]);
  const second = await evaluate(
    await request("mnist-other", "./mnist", "fid", { samples: 60, seed: 6 }),
    context,
  );
  assert.equal(second.scores[0]?.value, drawn.values[1]);
});

test("a run is judged against its own data; a generator in memory like it", async () => {
  const images = join(folder, "mnist", "train-images-idx3-ubyte");
  const path = join(folder, "run");
  await finish(await startRun(await tinyConfig("dcgan", images), path));
  const report = await evaluate(await request("run", undefined, "fid,is:splits=2", { samples: 50 }), context);
  assert.deepEqual(report.subject.details, { path: "run", iteration: 8, weights: "ema" });
  assert.equal(report.against?.samples, 640);
  assert.equal(report.subject.of, null);
  const raw = await evaluate(
    { subject: { kind: "run", path, weights: "raw" }, metrics: parseMetrics("fid"), samples: 50 },
    context,
  );
  assert.notEqual(raw.scores[0]?.value, report.scores[0]?.value);
  // All white, and read only once by whoever reads it.
  const white = await evaluate(
    {
      subject: {
        kind: "generator",
        name: "white",
        data: { kind: "images", shape: [1, 28, 28] },
        begin: () => (count) => torch.ones([count, 1, 28, 28]),
      },
      against: await parseReference("./mnist", folder),
      metrics: parseMetrics("fid,coverage,missing:steps=1,sigmas=[4],batch=8,prdc"),
      samples: 40,
    },
    context,
  );
  assert.equal(scoreOf(white, "modes[digits-cnn]").value, 1);
  assert.equal(white.test?.samples, 640);
  assert.ok(white.scores.every(({ value }) => Number.isFinite(value)));
});

test("an interrupted evaluation goes on, and a damaged cache is noticed and rebuilt", async () => {
  const own = { home: join(folder, "home-cache"), cwd: folder };
  await cp(join(home, "classifiers"), join(own.home, "classifiers"), { recursive: true });
  await writeBars(bars(2200, 8), join(folder, "mnist-large"));
  const asked = await request("mnist-large", "./mnist", "fid");
  const controller = new AbortController();
  const seen: number[] = [];
  const stopping = {
    ...own,
    signal: controller.signal,
    onProgress: ({ what, done }: { what: string; done: number }) => {
      if (what.includes("mnist-large") && done >= 1500) controller.abort(new Error("Ctrl-C"));
    },
  };
  await assert.rejects(evaluate(asked, stopping), /Ctrl-C/);
  const notices: string[] = [];
  const going = {
    ...own,
    onNotice: (message: string) => notices.push(message),
    onProgress: ({ what, done }: { what: string; done: number }) => {
      if (what.includes("mnist-large")) seen.push(done);
    },
  };
  const report = await evaluate(asked, going);
  // The first chunk of 1024 was kept, and nothing of it is looked at again.
  assert.deepEqual([seen[0], seen[1]], [1024, 1088]);
  const features = join(own.home, "cache", "features");
  for (const key of await readdir(features)) {
    const file = join(features, key, "features.f32");
    const bytes = await readFile(file);
    bytes[100]! ^= 1;
    await writeFile(file, bytes);
  }
  for (const name of await readdir(join(own.home, "cache", "statistics")))
    await appendFile(join(own.home, "cache", "statistics", name), "x");
  const again = await evaluate(asked, going);
  assert.deepEqual(again.scores, report.scores);
  assert.ok(notices.some((notice) => /were damaged, and are computed again/.test(notice)));
  assert.ok(notices.some((notice) => /computing the statistics again/.test(notice)));
});

test("arrays: both layouts, bytes and floats of both ranges are the same images", async () => {
  const data = bars(60, 3).read(Uint32Array.from({ length: 60 }, (_, i) => i)) as Uint8Array;
  const write = async (
    name: string,
    shape: number[],
    dtype: "uint8" | "float32",
    numbers: Uint8Array | Float32Array,
  ) => {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    await writeNpy(join(folder, name), { dtype, shape, data: bytes });
  };
  await write("first.npy", [60, 1, 28, 28], "uint8", data);
  await write("last.npy", [60, 28, 28, 1], "uint8", data);
  await write(
    "signed.npy",
    [60, 28, 28],
    "float32",
    Float32Array.from(data, (value) => value / 127.5 - 1),
  );
  await write(
    "unit.npy",
    [60, 28, 28],
    "float32",
    Float32Array.from(data, (value) => value / 255),
  );
  await write("wide.npy", [60, 28, 28], "float32", Float32Array.from(data));
  await write("odd.npy", [60, 2, 28, 14], "uint8", data);
  const values = [];
  for (const name of ["first", "last", "signed", "unit"]) {
    const { scores } = await evaluate(await request(`${name}.npy`, "./mnist", "fid"), context);
    values.push(scores[0]?.value);
  }
  assert.equal(new Set(values).size, 1);
  const refused = async (name: string, message: RegExp) =>
    assert.rejects(evaluate(await request(name, "./mnist", "fid"), context), message);
  await refused("wide.npy", /floats from 0 to \d+; images are floats in \[-1, 1\]/);
  await refused("odd.npy", /has the shape 60 x 2 x 28 x 14; images are/);
  await refused("none.npy", /none\.npy/);
});

test("points are judged by their modes", async () => {
  const ring = await evaluate(await request("ring:count=2000,seed=3", "ring", "points"), context);
  assert.equal(scoreOf(ring, "modes").value, 8);
  assert.ok(Math.abs(scoreOf(ring, "high-quality").value - 0.989) < 0.01);
  assert.ok(ring.scores.every(({ note }) => note === undefined));
  const few = await evaluate(await request("ring:count=199", "ring", "points"), context);
  assert.equal(few.scores[0]?.note, "of 199 points it means little; take 200 or more");
  const larger = await evaluate(await request("ring:count=2000,radius=2", "ring", "points"), context);
  assert.match(larger.scores[0]?.note ?? "", /no point lies within 10 standard .*: the scales differ/);
  await assert.rejects(
    evaluate(await request("ring", "ring", "fid"), context),
    /fid judges images, and ring holds points/,
  );
  await assert.rejects(evaluate(await request("./mnist", "ring", "fid"), context), /they have no distance/);
  await assert.rejects(evaluate(await request("./mnist", "./mnist", "points"), context), /judges points/);
});

test("the modes of composed images are looked for in the parts that the data set states", async () => {
  const composed = (name: string, count: number, more: object = {}) => ({
    kind: "data" as const,
    spec: { name, path: join(folder, "mnist"), count, ...more },
  });
  for (const name of ["stacked-mnist", "compositional-mnist"]) {
    const subject = composed(name, 500);
    const dataset = await openDataset(subject.spec, dataContext(context));
    const every = Uint32Array.from({ length: 500 }, (_, item) => item);
    const modes = new Set(dataset.labels(every)).size;
    const found = await evaluate({ subject, metrics: parseMetrics("coverage") }, context);
    // The classifier is right about nearly every bar.
    const { value, samples, conventions } = scoreOf(found, "modes[digits-cnn]");
    assert.ok(Math.abs(value - modes) <= 0.05 * modes, `${name}: ${value} of ${modes}`);
    assert.deepEqual([samples.fake, conventions.modes, conventions.parts], [500, 1000, 3]);
    // The same images without the name: the parts are taken from what they are compared with, or named.
    await writeNpy(join(folder, "composed.npy"), {
      dtype: "uint8",
      shape: [500, ...dataset.shape],
      data: dataset.read(every) as Uint8Array,
    });
    const nameless = { kind: "array" as const, path: "composed.npy" };
    for (const request of [
      { against: subject, metrics: parseMetrics("coverage") },
      { metrics: parseMetrics(`coverage:parts=${name}`), network: "digits-cnn" },
    ])
      assert.equal(
        scoreOf(await evaluate({ subject: nameless, ...request }, context), "modes[digits-cnn]").value,
        value,
      );
  }
  const few = composed("compositional-mnist", 500, { probabilities: [1, 1, 0, 0, 0, 0, 0, 0, 0, 0] });
  const [modes, kl] = (
    await evaluate(
      { subject: few, against: few, metrics: parseMetrics("coverage:proportions=real") },
      context,
    )
  ).scores;
  assert.equal(modes?.value, 8);
  // The same images on both sides, and half an image for each of the 992 modes that no real one has.
  assert.ok(Math.abs(Number(kl?.value) - Math.log((500 + 992 / 2) / 500)) < 1e-9);
});

test("what makes no sense is refused in one line, before the long work", async () => {
  let looked = 0;
  const refused = async (asked: Promise<EvaluationRequest>, message: RegExp) => {
    const opening = Evaluation.open(await asked, { ...context, onProgress: () => looked++ });
    await assert.rejects(opening, (error: unknown) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, message);
      return true;
    });
  };
  await refused(request("./mnist", "./mnist", "fdi"), /unknown metric 'fdi'; did you mean 'fid'/);
  await refused(request("./mnist", "./mnist", "kid:subsetsSize=3"), /did you mean 'kid\.subsetSize'/);
  await refused(request("./mnist", "./mnist", "kid:subsets=many"), /kid\.subsets: expected a number/);
  await refused(
    request("./mnist", "./mnist", "kid"),
    /subsets of 1000, and there are 640 samples: give kid:subsetSize=640/,
  );
  await refused(request("./mnist", "./mnist", "is:splits=700"), /cannot be split in 700/);
  await refused(request("./mnist", "./mnist", "prdc:neighbours=640"), /give lower ones, as prdc:neighbours=/);
  await refused(request("./mnist", undefined, "fid"), /fid compares with real images: say with which/);
  await refused(request("./mnist", undefined, "coverage:proportions=real"), /coverage compares with real/);
  await refused(
    request("./mnist", undefined, "coverage:parts=stacked-mnist"),
    /images of one channel, and their parts should be channels/,
  );
  await refused(
    request("./mnist", undefined, "coverage:parts=compositional-mnist"),
    /images of 28x28, and the parts looked for/,
  );
  await refused(
    request("./mnist", undefined, "coverage:parts=mnist"),
    /not composed of parts; those of comp/,
  );
  await refused(request("./mnist", "./mnist", "fid", { network: "cifar-cnn" }), /unknown feature network/);
  await refused(
    request("./mnist", "./mnist", "fid", { network: "inception-2015" }),
    /weights are not on this machine/,
  );
  await refused(request("./mnist", "./mnist", "fid", { network: "cifar10-cnn" }), /not trained yet/);
  await refused(request("./mnist", "./mnist", "fid", { samples: 700 }), /640 images, fewer than the 700/);
  await refused(request("./mnist", "./mnist", "fid", { repeats: 0 }), /repeats is 0/);
  await refused(request("mnist-other:test", "mnist-other:test", "missing"), /held-out real images/);
  assert.equal(looked, 0);
  for (const wrong of ["a=1", "", "fid,,is", "fid,fid", "kid:subsets=1,subsets=2"])
    assert.throws(() => parseMetrics(wrong), UsageError);
});

test("the network is told by names and classes, where size and colour fit", async () => {
  const full = dataContext({ home: join(folder, "none"), cwd: folder });
  const find = async (names: string[], shape: [number, number, number], classes?: string[], parts = false) =>
    (await findNetwork(undefined, [{ names, classes }], shape, parts, full).catch(() => undefined))?.name;
  assert.equal(await find(["cifar10"], [3, 32, 32]), "cifar10-cnn");
  assert.equal(await find(["CIFAR-10_jpg.zip"], [3, 32, 32]), "cifar10-cnn");
  assert.equal(await find(["cifar10"], [3, 64, 64]), undefined);
  assert.equal(await find(["cifar100"], [3, 32, 32]), undefined);
  assert.equal(await find(["mnist"], [1, 28, 28]), "digits-cnn");
  assert.equal(await find(["train-images-idx3-ubyte", "fashion-mnist"], [1, 28, 28]), "fashion-cnn");
  assert.equal(await find(["stacked-mnist"], [3, 28, 28]), undefined);
  assert.equal(await find(["stacked-mnist"], [1, 28, 28], undefined, true), "digits-cnn");
  assert.equal(await find(["my-images"], [3, 32, 32]), undefined);
  const classes = "truck airplane automobile bird cat deer dog frog horse ship".split(" ");
  assert.equal(await find(["my-images"], [3, 32, 32], classes), "cifar10-cnn");
  assert.equal(await find(["my-images"], [3, 32, 32], classes.slice(1)), undefined);
});

test("a curve is one evaluation a value, each of its own samples, and pairs of scores are drawn", async () => {
  const images = join(folder, "mnist", "train-images-idx3-ubyte");
  const path = join(folder, "traded");
  const settings = { steps: 3, net: { prior: { distribution: "normal" } } };
  await finish(await startRun(await tinyConfig("dcgan", images, settings), path));
  const metrics = "fid,is:splits=2,prdc";
  const asked = { subject: { kind: "run", path }, metrics: parseMetrics(metrics), samples: 40 } as const;
  const curve = await evaluateTradeOff(asked, "truncation", [0.2, 1, null], context);
  const fids = curve.reports.map((report) => scoreOf(report, "fid[digits-cnn]").value);
  assert.equal(new Set(fids).size, 3);
  assert.deepEqual(
    curve.reports.map(({ subject }) => subject.details.truncation),
    [0.2, 1, undefined],
  );
  // Each is what its value gives alone, whatever was kept of the others.
  const alone = await evaluate({ ...asked, subject: { ...asked.subject, truncation: 1 } }, context);
  assert.equal(scoreOf(alone, "fid[digits-cnn]").value, fids[1]);
  const plain = await evaluate(asked, context);
  assert.equal(scoreOf(plain, "fid[digits-cnn]").value, fids[2]);
  const standing = await evaluate({ ...asked, subject: { ...asked.subject, standing: 2 } }, context);
  assert.notEqual(scoreOf(standing, "fid[digits-cnn]").value, fids[2]);
  const plots = tradeOffPlots(curve);
  assert.deepEqual(
    plots.map(({ xLabel, yLabel }) => [xLabel, yLabel]),
    [
      ["is[digits-cnn]", "fid[digits-cnn]"],
      ["recall[digits-cnn]", "precision[digits-cnn]"],
      ["coverage[digits-cnn]", "density[digits-cnn]"],
    ],
  );
  assert.deepEqual(plots[0]?.y, fids);
  assert.deepEqual(plots[0]?.labels, ["0.2", "1", "none"]);
  await writeTradeOff(join(folder, "curve"), curve);
  assert.deepEqual(JSON.parse(await readFile(join(folder, "curve.json"), "utf8")), curve);
  const lone = {
    ...curve,
    reports: curve.reports.map((report) => ({ ...report, scores: report.scores.slice(0, 1) })),
  };
  assert.deepEqual(
    tradeOffPlots(lone).map(({ xLabel, x }) => [xLabel, x]),
    [["truncation", [0.2, 1, 1.25]]],
  );
  await assert.rejects(evaluateTradeOff(asked, "psi", [1], context), /two values of psi or more/);
  await assert.rejects(evaluateTradeOff(asked, "psi", [0.5, 1], context), /these networks have none/);
});

test("psi makes a curve of StyleGAN; 1 is what is without it", async () => {
  const images = join(folder, "mnist", "train-images-idx3-ubyte");
  const path = join(folder, "styled");
  const net = { channels: 4, styleSize: 4, mappingLayers: 1 };
  await finish(
    await startRun(await tinyConfig("stylegan", images, { steps: 2, data: { size: 8 }, net }), path),
  );
  const asked = {
    subject: { kind: "run", path },
    metrics: parseMetrics("fid"),
    samples: 40,
    network: "digits-cnn",
    resize: "lanczos3",
  } as const;
  const curve = await evaluateTradeOff(asked, "psi", [0, 1], context);
  const [none, whole] = curve.reports.map((report) => report.scores[0]?.value);
  assert.notEqual(none, whole);
  assert.equal((await evaluate(asked, context)).scores[0]?.value, whole);
  assert.deepEqual(
    curve.reports.map(({ subject }) => subject.details.psi),
    [0, 1],
  );
});
