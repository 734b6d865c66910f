import assert from "node:assert/strict";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { encodeNpy, pngGrid } from "@gantry/formats";
import { writeDigits } from "../testing/digits.js";
import { gantry, parseLines, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const environment = { GANTRY_HOME: join(cwd, "home"), TORCH_HOME: cwd };
Object.assign(process.env, environment);

const digits = "./mnist";
const inside = { cwd };
const METRICS = "fid,kid:subsets=2,subsetSize=20,is:splits=2,mode:splits=2,coverage,prdc";

before(async () => {
  const test = await writeDigits(join(cwd, "mnist"), { train: 640, t10k: 100 });
  const train = ["train-classifier", "digits-cnn", "--data", digits, "--epochs", "4", "--threads", "1"];
  const { stdout } = await succeed(train, inside);
  assert.match(stdout, /^digits-cnn: \d+\.\d\d % on the test images/);
  await writeFile(join(cwd, "test.npy"), encodeNpy({ dtype: "uint8", shape: [100, 28, 28], data: test }));
});

describe("gantry train-classifier", () => {
  test("says what is there, and refuses what cannot be", async () => {
    const { stdout } = await succeed(["train-classifier", "digits-cnn", "--data", digits], inside);
    assert.match(stdout, /^digits-cnn is there already: \d+\.\d\d % .*--force trains it again/);
    await refuse(["train-classifier", "digit-cnn"], 2, /did you mean 'digits-cnn'/, inside);
    await refuse(["train-classifier", "inception-2015"], 2, /gantry data fetch inception/, inside);
    await refuse(["train-classifier", "fashion-cnn", "--epochs", "0"], 2, /--epochs 0/, inside);
    await refuse(
      ["train-classifier", "cifar10-cnn", "--data", digits],
      2,
      /learns 10 classes of \[3,32,32\]/,
      inside,
    );
    await refuse(
      ["train-classifier", "fashion-cnn", "--data", "test.npy"],
      2,
      /not from a \.npy file/,
      inside,
    );
  });
});

describe("gantry eval", () => {
  test("what is called missing stands beside the report, by place and as a picture", async () => {
    const net = '{"family":"dcgan","channels":2,"discriminatorNorm":"spectral"}';
    const metric = `missing:sigmas=[1],threshold=0.01,holes=0,steps=2,batch=8,net=${net}`;
    const args = ["eval", "test.npy", "--against", digits, "--metrics", metric, "--out", "missing.json"];
    const { stdout } = await succeed(args, inside);
    assert.match(stdout, /^called missing: missing\.missing-1\.png$/m);
    const report = JSON.parse(await readFile(join(cwd, "missing.json"), "utf8")) as {
      scores: { name: string; value: number; detail: { positions: number[] } }[];
    };
    const [score] = report.scores;
    assert.equal(score?.name, "missing-1");
    assert.equal(score?.detail.positions.length, score?.value);
    assert.ok((score?.value ?? 0) > 0);
    const png = await readFile(join(cwd, "missing.missing-1.png"));
    assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from("PNG")]);
  });

  test("judges a file against a data set, prints a table, and keeps a report where it is told", async () => {
    const args = ["eval", "test.npy", "--against", digits, "--metrics", METRICS, "--repeats", "2"];
    const { stdout } = await succeed([...args, "--out", "out.json"], inside);
    assert.match(stdout, /^test\.npy: 100 images of 1x28x28$/m);
    assert.match(stdout, /^against mnist: 640 images of 1x28x28$/m);
    assert.match(stdout, /^seen through digits-cnn, which names \d+\.\d\d %/m);
    assert.match(stdout, /^fid\[digits-cnn\] +[\d.]+ +- +- +lower$/m);
    assert.match(stdout, /^kid\[digits-cnn\] +\S+ +± \S+ +± \S+ +lower$/m);
    assert.match(stdout, /^modes\[digits-cnn\] +10 /m);
    const report = JSON.parse(await readFile(join(cwd, "out.json"), "utf8")) as {
      repeats: number;
      scores: { name: string; value: number }[];
      definitions: Record<string, { options: Record<string, unknown> }>;
      versions: Record<string, string>;
    };
    assert.equal(report.repeats, 2);
    assert.deepEqual(Object.keys(report.versions), ["gantry", "torch", "node"]);
    assert.deepEqual(report.definitions.kid?.options, { subsets: 2, subsetSize: 20, seed: 2020 });
    assert.ok(report.scores.every(({ value }) => Number.isFinite(value)));
    // In a process of its own, as JSON, the same scores.
    const again = await gantry([...args, "--json"], { cwd, environment });
    assert.equal(again.status, 0, again.stderr);
    const last = parseLines(again.stdout).at(-1) as unknown as typeof report & { event: string };
    assert.equal(last.event, "report");
    assert.deepEqual(last.scores, report.scores);
  });

  test("judges a run against its own data, and leaves the report with the run", async () => {
    await succeed(
      [
        "train",
        "dcgan",
        "--preset",
        "small",
        "--data",
        `${digits}/train-images-idx3-ubyte`,
        "--steps",
        "2",
      ].concat([
        "--batch",
        "8",
        "--threads",
        "1",
        "--out",
        "run",
        "--set",
        "net.channels=2",
        "--set",
        "samples=4",
      ]),
      inside,
    );
    const args = ["eval", "run", "--metrics", "fid,is:splits=2", "--samples", "40"];
    assert.match((await succeed(args, inside)).stdout, /the report: run\/report\.json$/m);
    const { subject } = JSON.parse(await readFile(join(cwd, "run", "report.json"), "utf8")) as {
      subject: { samples: number; details: { iteration: number } };
    };
    assert.deepEqual([subject.samples, subject.details.iteration], [40, 2]);
    assert.match((await succeed(["compare", "run"], inside)).stdout, /fid\[digits-cnn\]/);
    await refuse(["eval", "run@7", "--metrics", "fid"], 2, /no checkpoint at 7/, inside);
    await refuse(["eval", "run", "--weights", "ema"], 2, /keeps no average/, inside);
    await rm(join(cwd, "run", "checkpoints"), { recursive: true });
    await mkdir(join(cwd, "run", "checkpoints"));
    await refuse(["eval", "run"], 2, /the run has no checkpoint yet/, inside);
  });

  test("several values of truncation make a table, a file of reports and a picture; one is told of", async () => {
    await succeed(["train", "gan", "--steps", "20", "--out", "traded", ...QUICK], inside);
    const evaluate = ["eval", "traded", "--samples", "300", "--truncation"];
    const { stdout } = await succeed([...evaluate, "0.3,1,none"], inside);
    assert.match(stdout, /^truncation +modes ↑ +high-quality ↑ +reverse-kl ↓$/m);
    for (const value of ["0.3", "1", "none"]) assert.match(stdout, new RegExp(`^${value} +\\d`, "m"));
    const curve = JSON.parse(await readFile(join(cwd, "traded", "truncation.json"), "utf8")) as {
      values: unknown[];
      reports: { subject: { details: { truncation?: number } } }[];
    };
    assert.deepEqual(curve.values, [0.3, 1, null]);
    assert.deepEqual(
      curve.reports.map(({ subject }) => subject.details.truncation),
      [0.3, 1, undefined],
    );
    assert.ok((await stat(join(cwd, "traded", "truncation.png"))).size > 1000);
    const [line] = parseLines(
      (await succeed([...evaluate, "1,0.3", "--out", "c.json", "--json"], inside)).stdout,
    );
    assert.deepEqual([line?.event, line?.by, line?.values], ["curve", "truncation", [1, 0.3]]);
    assert.ok((await stat(join(cwd, "c.png"))).size > 1000);
    // One value is a report as any other, and its scores are compared with their like alone.
    const one = await succeed([...evaluate, "0.3"], inside);
    assert.match(one.stdout, /^traded at iteration 20, weights as trained, truncated at 0\.3: 300 points$/m);
    const [compared] = parseLines((await succeed(["compare", "traded", "--json"], inside)).stdout);
    const names = (compared as unknown as { metrics: { name: string }[] }).metrics.map(({ name }) => name);
    assert.ok(names.includes("modes truncation 0.3") && names.includes("modes"), names.join());
    const bad = (more: string[], reason: RegExp) => refuse(["eval", "traded", ...more], 2, reason, inside);
    await bad(["--truncation", "1,1"], /1 is given twice/);
    await bad(["--truncation", "x"], /--truncation x: a number of 0\.01 or more/);
    await bad(["--truncation", "1,2", "--psi", "0.5,1"], /a curve goes through those of one/);
    await bad(["--psi", "0.5"], /these networks have none/);
    await bad(["--truncation", "1,2", "--out", "c.png"], /a curve goes to FILE\.json/);
    await refuse(["eval", "test.npy", "--truncation", "1"], 2, /--truncation is of a run/, inside);
  });

  test("points get the metrics of points", async () => {
    await succeed(["train", "gan", "--steps", "20", "--out", "points", ...QUICK], inside);
    const { stdout } = await succeed(["eval", "points", "--samples", "500"], inside);
    assert.match(stdout, /^modes +\d/m);
    assert.match(stdout, /^high-quality +/m);
    assert.match(stdout, /^reverse-kl +/m);
  });

  test("points are judged against a run's own data: a ring of another radius is said to be one", async () => {
    const ring = ["--set", "data.radius=2"];
    await succeed(["train", "gan", "--steps", "2", "--out", "twice", ...ring, ...QUICK], inside);
    const angles = Array.from({ length: 400 }, (_, i) => (Math.PI * i) / 2);
    const points = Float32Array.from(angles.flatMap((angle) => [2 * Math.cos(angle), 2 * Math.sin(angle)]));
    await writeFile(
      join(cwd, "perfect.npy"),
      encodeNpy({ dtype: "float32", shape: [400, 2], data: new Uint8Array(points.buffer) }),
    );
    const own = await succeed(["eval", "perfect.npy", "--against", "twice"], inside);
    assert.match(own.stdout, /^modes +4 /m);
    assert.doesNotMatch(own.stdout, /scales differ/);
    const other = await succeed(["eval", "perfect.npy", "--against", "ring"], inside);
    assert.match(other.stdout, /^modes +0 /m);
    assert.match(other.stdout, /^Note: modes, high-quality, reverse-kl: no point lies within 10/m);
    const help = await succeed(["help", "eval"], inside);
    assert.match(help.stdout, /gantry eval fake\.npy --against runs\/gan-ring-0/);
    const fresh = await succeed(["eval", "twice", "--samples", "300"], inside);
    const named = await succeed(["eval", "twice", "--against", "twice", "--samples", "300"], inside);
    for (const { stdout } of [fresh, named]) assert.doesNotMatch(stdout, /scales differ/);
    // A folder of that name is told of where the name stands in a run's configuration too.
    await mkdir(join(cwd, "ring"));
    for (const args of [
      ["eval", "twice", "--samples", "300"],
      ["fork", "twice", "--steps", "3", "--out", "forked"],
    ])
      assert.match((await succeed(args, inside)).stderr, /'ring' is the known data set, and there is a f/);
    await rm(join(cwd, "ring"), { recursive: true });
    // The run carries one number under each name, whoever measured it.
    await succeed(["eval", "twice", "--samples", "300"], inside);
    const [compared] = parseLines((await succeed(["compare", "twice", "--json"], inside)).stdout);
    const names = (compared as unknown as { metrics: { name: string }[] }).metrics.map(({ name }) => name);
    assert.deepEqual(names.sort(), ["high-quality", "modes", "reverse-kl"]);
  });

  test("constant, equal and few images give numbers; grey and colour are told apart", async () => {
    const write = (name: string, shape: number[], value: number) =>
      writeFile(
        join(cwd, name),
        encodeNpy({
          dtype: "uint8",
          shape,
          data: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(value),
        }),
      );
    await write("black.npy", [40, 28, 28], 0);
    await write("two.npy", [2, 28, 28], 9);
    await write("colour.npy", [40, 28, 28, 3], 200);
    for (const [file, metrics] of [
      ["black.npy", METRICS],
      [
        "two.npy",
        "fid,kid:subsetSize=2,is:splits=1,mode:splits=1,coverage,prdc:neighbours=1,densityNeighbours=1",
      ],
    ] as const) {
      const { stdout } = await succeed(
        ["eval", file, "--against", digits, "--metrics", metrics, "--json"],
        inside,
      );
      const { scores } = parseLines(stdout).at(-1) as unknown as { scores: { value: number }[] };
      assert.ok(scores.length >= 8 && scores.every(({ value }) => Number.isFinite(value)));
    }
    const colour = ["eval", "colour.npy", "--against", digits, "--metrics", "fid", "--network", "digits-cnn"];
    await refuse(colour, 2, /3 channels, and digits-cnn takes 1: --colour luma/, inside);
    const { stdout } = await succeed([...colour, "--colour", "luma", "--json"], inside);
    assert.match(stdout, /"colour":"luma"/);
    await write("large.npy", [40, 32, 32], 0);
    const large = ["eval", "large.npy", "--against", digits, "--metrics", "fid", "--network", "digits-cnn"];
    await refuse(large, 2, /32x32, and digits-cnn is made for 28x28: --resize lanczos3/, inside);
    assert.match((await succeed([...large, "--resize", "lanczos3", "--json"], inside)).stdout, /lanczos3 28/);
  });

  test("a folder of grey pictures is grey, whatever it was decoded as; mixed sizes and none are refused", async () => {
    await mkdir(join(cwd, "pictures"));
    await mkdir(join(cwd, "empty"));
    await mkdir(join(cwd, "mixed"));
    for (let i = 0; i < 12; i++) {
      const picture = async (size: number) =>
        pngGrid({ data: new Uint8Array(size * size).fill(20 * i), shape: [1, size, size] }, { padding: 0 });
      await writeFile(join(cwd, "pictures", `${i}.png`), await picture(28));
      await writeFile(join(cwd, "mixed", `${i}.png`), await picture(28 + i));
    }
    const { stdout } = await succeed(
      ["eval", "pictures", "--against", digits, "--metrics", "fid", "--network", "digits-cnn"],
      inside,
    );
    assert.match(stdout, /^pictures: 12 images of 1x28x28$/m);
    await writeFile(join(cwd, "empty", "notes.txt"), "no picture");
    await refuse(["eval", "empty", "--against", digits], 1, /empty.*no .*images/, inside);
    await refuse(["eval", "mixed", "--against", digits], 1, /differ in size.*give a size/, inside);
    const scaled = ["eval", "mixed:size=28", "--against", digits, "--metrics", "fid"];
    assert.match((await succeed(scaled, inside)).stdout, /^mixed: 12 images of 1x28x28$/m);
  });

  test("bad input costs one line", async () => {
    await refuse(["eval"], 2, /say what to evaluate/, inside);
    await refuse(["eval", "test.npy", "--metrics", "fid"], 2, /fid compares with real images/, inside);
    const with_ = (...more: string[]) => ["eval", "test.npy", "--against", digits, ...more];
    await refuse(with_("--metrics", "fdi"), 2, /unknown metric 'fdi'; did you mean 'fid'/, inside);
    await refuse(with_("--metrics", "kid:subsetsize=3"), 2, /did you mean 'kid\.subsetSize'/, inside);
    await refuse(with_("--metrics", "kid"), 2, /subsets of 1000, and there are 100 samples/, inside);
    await refuse(with_("--metrics", "contrastive:batch=1"), 2, /batch/, inside);
    await refuse(
      with_("--metrics", "contrastive:batch=101"),
      2,
      /there are 100: give contrastive:batch=100 or fewer/,
      inside,
    );
    await refuse(with_("--metrics", "fid,"), 2, /names no metrics/, inside);
    await refuse(with_("--sample", "3"), 2, /unknown option '--sample'; did you mean '--samples'/, inside);
    await refuse(with_("--samples", "3.5"), 2, /--samples 3\.5: a whole number from 1 to 10000000/, inside);
    await refuse(with_("--network", "digit-cnn"), 2, /did you mean 'digits-cnn'/, inside);
    await refuse(with_("--weights", "raw"), 2, /test\.npy is no run/, inside);
    await refuse(["eval", "none.npy", "--against", digits, "--metrics", "fid"], 1, /none\.npy/, inside);
    await refuse(["eval", "nothing/here", "--against", digits], 2, /there is no file or folder/, inside);
    await refuse(
      ["eval", "test.npy", "--against", "fashion-mnits"],
      2,
      /did you mean 'fashion-mnist'/,
      inside,
    );
    await writeFile(join(cwd, "broken.npy"), "not an array");
    await refuse(["eval", "broken.npy", "--against", digits], 1, /does not begin as a \.npy file/, inside);
    assert.equal(await stat(join(cwd, "nothing")).catch(() => undefined), undefined);
  });

  test("lists metrics and networks", async () => {
    const { stdout } = await succeed(["eval", "--list"], inside);
    assert.match(stdout, /^ {2}kid +kernel distance/m);
    assert.match(stdout, /subsetSize +whole number, at least 2, at most \d+;[\s\S]{0,120}default 1000/);
    assert.match(stdout, /digit by digit; present$/m);
    const { metrics } = JSON.parse((await succeed(["eval", "--list", "--json"], inside)).stdout) as {
      metrics: { name: string }[];
    };
    assert.ok(metrics.some(({ name }) => name === "coverage"));
  });
});
