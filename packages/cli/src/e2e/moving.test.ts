// Runs that go on elsewhere, with other data or in another composition, by the commands that Gantry names.
import assert from "node:assert/strict";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { encodePng } from "@gantry/formats";
import { writeDigits } from "../testing/digits.js";
import { parseLines, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const SMALL = [
  ...["--preset", "small", "--batch", "8", "--threads", "1", "--set", "net.channels=2", "--set", "samples=4"],
  ...["--set", "intervals.sample=1000"],
];

const FOLDER = [...SMALL, "--set", "data.size=28", "--steps", "2"];

/** Folders of pictures by their names, no two alike. */
async function writeClasses(
  root: string,
  classes: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [folder, names] of Object.entries(classes)) {
    await mkdir(join(root, folder), { recursive: true });
    for (const name of names)
      await writeFile(
        join(root, folder, `${name}.png`),
        await encodePng({
          shape: [1, 8, 8],
          data: Uint8Array.from({ length: 64 }, (_, i) => (i * 3 + Number(name) * 29) % 256),
        }),
      );
  }
}

/** As if the run had been stopped early: so many iterations are planned. */
async function plan(run: string, steps: number): Promise<void> {
  const file = join(cwd, run, "config.json");
  const record = JSON.parse(await readFile(file, "utf8"));
  record.config.steps = steps;
  await writeFile(file, JSON.stringify(record));
}

before(async () => {
  await writeDigits(join(cwd, "digits"), { train: 40, t10k: 40 });
  const data = ["--data", "digits/train-images-idx3-ubyte"];
  await succeed(["train", "dcgan", ...SMALL, ...data, "--steps", "3", "--out", "run"], { cwd });
});

describe("moving", () => {
  test("data that is gone: each command names itself with --data, and takes it", async () => {
    await rename(join(cwd, "digits"), join(cwd, "numbers"));
    const named = (command: string) =>
      new RegExp(`say where it is now: gantry ${command} run --data PATH\\n$`);
    await refuse(["fork", "run", "--steps", "5"], 2, named("fork"), { cwd });
    await refuse(["probe", "run"], 2, named("probe"), { cwd });
    await refuse(["eval", "run", "--metrics", "fid"], 2, named("eval"), { cwd });
    const against = ["--against", "run", "--metrics", "contrastive:batch=2,steps=1"];
    const gone = /the data of run is not there any more; say where it is now: --against PATH\n$/;
    await refuse(["eval", "numbers", ...against], 2, gone, { cwd });
    await refuse(["resume", "run", "--data", ""], 2, /--data is empty/, { cwd });
    const data = ["--data", "numbers/train-images-idx3-ubyte"];
    const forked = await succeed(["fork", "run", "--steps", "5", ...data], { cwd });
    assert.match(
      forked.stderr,
      /^data: the same, now at \S+\/numbers\/\S+ instead of \S+\/digits\/\S+\ndcgan on/,
    );
    await succeed(["probe", "run", "--iterations", "2", ...data], { cwd });
    await refuse(["eval", "numbers", ...data], 2, /--data is of a run that is evaluated/, { cwd });
    const other = ["--data", "numbers/t10k-images-idx3-ubyte"];
    const tuned = await succeed(["fork", "run", "--steps", "5", ...other, "--out", "tuned", "--json"], {
      cwd,
    });
    const [first] = parseLines(tuned.stdout);
    assert.match(
      String(first?.message),
      /^data: other than before: .*t10k.*, 40 items, instead of .*40 items/,
    );
  });

  test("a file of labels moves with its run, is found in data that moved, and is named where it is gone", async () => {
    await writeClasses(join(cwd, "project/flat"), { "": ["0", "1", "2", "3", "4", "5", "6", "7"] });
    const csv = [..."01234567"]
      .map((name) => `${name}.png,${Number(name) % 2 === 0 ? "even" : "odd"}\n`)
      .join("");
    await writeFile(join(cwd, "project/flat/classes.csv"), csv);
    const labels = ["--data", "project/flat", "--labels", "project/flat/classes.csv"];
    await succeed(["train", "cgan", ...FOLDER, ...labels, "--out", "project/runs/a"], { cwd });
    const stored = async (run: string) =>
      JSON.parse(await readFile(join(cwd, run, "config.json"), "utf8")).config.data as Record<
        string,
        unknown
      >;
    assert.equal((await stored("project/runs/a")).labels, "../../flat/classes.csv");
    await rename(join(cwd, "project"), join(cwd, "moved"));
    const forked = ["fork", "moved/runs/a", "--steps", "4"];
    assert.match(
      (await succeed([...forked, "--out", "b"], { cwd })).stderr,
      /by classes\.csv: even 4, odd 4/,
    );
    await rename(join(cwd, "moved/flat"), join(cwd, "flat"));
    const { stderr } = await succeed([...forked, "--data", "flat", "--out", "moved/runs/c"], { cwd });
    assert.match(stderr, /by classes\.csv: even 4, odd 4/);
    assert.equal((await stored("moved/runs/c")).labels, "../../../flat/classes.csv");
    await rename(join(cwd, "flat/classes.csv"), join(cwd, "named.csv"));
    for (const [name, ...args] of [
      ["fork", "--steps", "6"],
      ["probe"],
      ["eval", "--metrics", "fid"],
    ] as const) {
      const line = new RegExp(
        `file of labels is not there any more; .*: gantry ${name} moved/runs/c --labels FILE\\n$`,
      );
      await refuse([name, "moved/runs/c", ...args], 2, line, { cwd });
    }
    await succeed(["probe", "moved/runs/c", "--iterations", "1", "--labels", "named.csv"], { cwd });
    await refuse(["probe", "moved/runs/c", "--labels", "none.csv"], 1, /none\.csv: cannot read labels/, {
      cwd,
    });
    await refuse(["eval", "flat", "--labels", "named.csv"], 2, /--labels is of a run that is evaluated/, {
      cwd,
    });
  });

  test("classes never change their numbers in silence", async () => {
    await writeClasses(join(cwd, "animals"), { ape: ["0", "1", "2", "3"], bee: ["4", "5", "6", "7"] });
    await writeClasses(join(cwd, "others"), { bee: ["0", "1", "2", "3"], cat: ["4", "5", "6", "7"] });
    await writeClasses(join(cwd, "more"), { ape: ["0", "1", "2"], bee: ["3", "4", "5"], cat: ["6", "7"] });
    const on = (data: string) => [...FOLDER, "--data", data];
    await succeed(["train", "cgan", ...on("animals"), "--out", "labelled"], { cwd });
    await plan("labelled", 4);
    for (const [folder, classes] of [
      ["others", "bee, cat"],
      ["more", "ape, bee, cat"],
    ] as const) {
      const line = new RegExp(
        `other classes than ${folder} has: classes: ${classes}, instead of ape, bee; .*gantry fork`,
      );
      await succeed(["train", "cgan", ...on(folder), "--dry-run"], { cwd });
      await refuse(["resume", "labelled", "--data", folder], 2, line, { cwd });
    }
    const forked = ["fork", "labelled", "--steps", "4", "--data", "others", "--out", "labelled-others"];
    assert.match(
      (await succeed(forked, { cwd })).stderr,
      /classes: bee, cat, instead of ape, bee; its order/,
    );
    // Where no network is told the classes, data may grow by some.
    await succeed(["train", "dcgan", ...on("animals"), "--out", "unlabelled"], { cwd });
    await plan("unlabelled", 4);
    const grown = await succeed(["resume", "unlabelled", "--data", "more"], { cwd });
    assert.match(grown.stderr, /^3 classes, by folders: ape 3, bee 3, cat 2$/m);
  });

  test("fork takes terms in and out, and says in its first line what begins anew", async () => {
    const args = ["train", "gan", ...QUICK, "--steps", "4", "--out", "points"];
    await succeed(args, { cwd });
    const with_ = ["fork", "points", "--with", "packing:degree=2", "--steps", "6", "--out", "packed"];
    const packed = await succeed(with_, { cwd });
    assert.match(
      packed.stderr,
      /^begins anew, with its moments: discriminator\.body\.0\S*; all else goes along\n/,
    );
    const degree = ["fork", "packed", "--set", "terms.packing.degree=4", "--steps", "8", "--out", "more"];
    assert.match(
      (await succeed(degree, { cwd })).stderr,
      /^begins anew, with its moments: discriminator\.body\.0/,
    );
    const out = ["fork", "packed", "--without", "packing", "--steps", "8", "--out", "back"];
    assert.match(
      (await succeed(out, { cwd })).stderr,
      /^begins anew, with its moments: discriminator\.body\.0/,
    );
    await refuse([...out, "--without", "r1"], 2, /there is no term 'r1' to take out; terms: /, { cwd });
    const plain = await succeed(
      ["train", "gan", ...QUICK, "--without", "non-saturating", "--with", "hinge", "--dry-run", "--json"],
      { cwd },
    );
    const { config } = parseLines(plain.stdout)[0] as { config: { terms: object } };
    assert.deepEqual(Object.keys(config.terms), ["hinge"]);
  });

  test("a run that ended before its first checkpoint is resumed from nothing", async () => {
    await succeed(["train", "gan", ...QUICK, "--steps", "5", "--out", "whole"], { cwd });
    await succeed(["train", "gan", ...QUICK, "--steps", "5", "--out", "bare"], { cwd });
    await rename(join(cwd, "bare/checkpoints/step-000005"), join(cwd, "away"));
    await refuse(
      ["sample", "bare", "--out", "x.npy"],
      2,
      /no checkpoint yet; 'gantry resume bare' trains it/,
      { cwd },
    );
    const { stderr } = await succeed(["resume", "bare"], { cwd });
    assert.match(stderr, /^iterations: 5; /m);
    const file = "checkpoints/step-000005/generator.safetensors";
    assert.deepEqual(await readFile(join(cwd, "bare", file)), await readFile(join(cwd, "whole", file)));
  });

  test("what cannot be trained is refused by --dry-run, with what can", async () => {
    const data = ["--data", "numbers/train-images-idx3-ubyte", "--dry-run"];
    const one = ["train", "reg-gan", "--preset", "small", "--batch", "1", "--threads", "1", ...data];
    await refuse(one, 2, /a batch of 1 leaves a batch norm one value to normalise; give --batch 2\n$/, {
      cwd,
    });
    const large = ["train", "dcgan", "--preset", "small", ...data, "--batch", "41"];
    await refuse(large, 2, /a batch of 41 is larger than .* \(40 items\); give --batch 32\n$/, { cwd });
  });
});
