import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { encodePng } from "@gantry/formats";
import { inProcess, parseLines, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
process.env.GANTRY_HOME = join(cwd, "home");

/** What makes any image recipe small. */
const SMALL = ["--batch", "4", "--set", "net.channels=4", "--set", "data.channels=1", "--set", "samples=4"];

const train = (...words: string[]) => ["train", "dcgan", ...SMALL, ...words];

before(async () => {
  const png = (at: number) =>
    encodePng({
      shape: [1, 28, 28],
      data: Uint8Array.from({ length: 784 }, (_, pixel) => (pixel * 7 + at * 31) % 256),
    });
  for (let at = 0; at < 12; at++) {
    for (const name of [`My Photos/${at < 8 ? "cat" : "dog"}/${at}.png`, `shards/0000${at % 2}/${at}.png`]) {
      await mkdir(dirname(join(cwd, name)), { recursive: true });
      await writeFile(join(cwd, name), await png(at));
    }
  }
  await writeFile(join(cwd, "My Photos", "cat", "broken.png"), "no image");
  await writeFile(join(cwd, "My Photos", "README.md"), "text");
  await mkdir(join(cwd, "My Photos", "bird"));
  const labels = Array.from({ length: 12 }, (_, at) => [`0000${at % 2}/${at}.png`, at < 5 ? 2 : 0]);
  await writeFile(join(cwd, "shards", "dataset.json"), JSON.stringify({ labels }));
});

describe("what the data is, is said first", () => {
  const inside = { cwd };

  test("classes by folders, files left out, classes without images; a path behind the recipe", async () => {
    const shown = await succeed(train("My Photos", "--dry-run"), inside);
    const all = `${shown.stdout}${shown.stderr}`.replace(/\s+/g, " ");
    assert.match(all, /My Photos: 12 images of 1x28x28/);
    assert.match(all, /2 classes, by folders: cat 8, dog 4/);
    assert.match(
      all,
      /warning: My Photos: left out 2 files: 1 broken \(the first: cat\/broken\.png: is not JPEG/,
    );
    assert.match(all, /1 of unknown kind \(the first: README\.md\)/);
    assert.match(all, /warning: My Photos: left out a class without images: bird/);

    const plan = await succeed(train("--data", "My Photos", "--dry-run", "--json"), inside);
    const { data } = parseLines(plan.stdout).find((line) => line.event === "plan") as { data: object };
    assert.deepEqual(data, {
      name: "My Photos",
      kind: "images",
      count: 12,
      shape: [1, 28, 28],
      classes: [
        { name: "cat", count: 8 },
        { name: "dog", count: 4 },
      ],
      labels: "folders",
      leftOut: [
        {
          reason: "broken",
          count: 1,
          first: "cat/broken.png",
          problem: "is not JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP",
        },
        { reason: "unknown", count: 1, first: "README.md" },
      ],
    });
  });

  test("a run says it too, and where the decoded images go", async () => {
    const home = join(cwd, "other-home");
    const run = await succeed(train("--data", "shards", "--steps", "1", "--out", "run"), {
      cwd,
      environment: { GANTRY_HOME: home },
      real: true,
    });
    const first = run.stderr.split("\n");
    assert.equal(first[0], "Starting dcgan on shards");
    assert.match(
      first[1]!,
      /^decoding shards: 12 images of 1x28x28 into .*other-home\/cache\/images, \d+ kB \(.* free\)$/,
    );
    assert.ok(first.includes("2 classes, by dataset.json: 0 7, 2 5"), run.stderr);
  });

  test("labels by a file, and what is wrong with one", async () => {
    const csv = join(cwd, "labels.csv");
    const lines = Array.from(
      { length: 12 },
      (_, at) => `${at < 8 ? "cat" : "dog"}/${at}.png,${at % 3 === 0 ? "x" : "y"}`,
    );
    await writeFile(csv, `file,label\n${lines.join("\n")}\n`);
    const named = train("My Photos", "--labels", "labels.csv", "--dry-run");
    const broken = await inProcess(named, inside);
    // The broken image has no label.
    assert.equal(broken.status, 1);
    assert.match(
      broken.stderr,
      /labels\.csv: has no label for 1 of 13 images \(the first: "cat\/broken\.png"\)/,
    );
    await writeFile(csv, `file,label\n${lines.join("\n")}\ncat/broken.png,x\n`);
    const shown = await succeed(named, inside);
    assert.match(shown.stdout.replace(/\s+/g, " "), /2 classes, by labels\.csv: x 4, y 8/);
    await refuse(
      train("My Photos", "--labels", "gone.csv"),
      1,
      /gone\.csv: cannot read labels: no such file/,
      inside,
    );
    await refuse(train("My Photos", "--labels", ""), 2, /--labels is empty/, inside);
  });

  test("strictly, nothing may be left out", async () => {
    const strict = train("My Photos", "--strict", "--dry-run");
    await refuse(strict, 1, /My Photos, read strictly: left out 1 file: 1 of unknown kind/, inside);
    await succeed(train("shards", "--strict", "--dry-run"), inside);
  });
});

describe("data that is named in a wrong way", () => {
  const inside = { cwd };

  test("nothing, twice, without quotes, as a setting", async () => {
    for (const empty of ["", " "])
      await refuse(train("--data", empty), 2, /--data is empty; give a data set's name/, inside);
    await refuse(train("--set", "data.name="), 2, /the name of the data set is empty/, inside);
    await refuse(train("--set", "data.path=", "--set", "data.name=images"), 2, /path/, inside);
    await refuse(train("My", "Photos"), 2, /several data sets; .*--data 'My Photos'/, inside);
    await refuse(train("--data", "ring", "shards"), 2, /'ring' and 'shards' are several data sets/, inside);
    await refuse(
      train("batch=4"),
      2,
      /'batch=4' is no data set; a setting is given by --set batch=4/,
      inside,
    );
    await refuse(["eval", "shards", "--against", ""], 2, /is empty/, inside);
  });

  test("numbers and words of other languages", async () => {
    const set = (setting: string) => train("shards", "--dry-run", "--set", setting);
    for (const [setting, message] of [
      ["lr=1e-4", /unknown setting 'lr'; it is called 'optimizers\.default\.learningRate'/],
      ["optimizers.default.lr=1e-4", /did you mean 'optimizers\.default\.learningRate'/],
      ["optimizers.default.betas=0,0.9", /write a list as \[0,0\.9\]/],
      ["evaluation=None", /evaluation: 'None' is no value here; write null/],
      ["schedule.shareSamples=True", /write true/],
      ["threads=0x10", /threads: expected a/],
    ] as const)
      await refuse(set(setting), 2, message, inside);
    await refuse(train("shards", "--steps", "None"), 2, /--steps: 'None' is no value here/, inside);
    await refuse(
      train("shards", "--with", "infomax:alpha=True"),
      2,
      /infomax:alpha: 'True' is no value/,
      inside,
    );
    const taken = train("shards", "--dry-run", "--json", "--steps", "1e1", "--seed", "+7");
    taken.push("--set", "optimizers.default.learningRate=.0002", "--set", "optimizers.default.betas=[0.,.9]");
    const plan = parseLines((await succeed(taken, inside)).stdout).find((line) => line.event === "plan") as {
      config: { steps: number; seed: number; optimizers: { default: object } };
    };
    assert.deepEqual([plan.config.steps, plan.config.seed], [10, 7]);
    const { learningRate, betas } = plan.config.optimizers.default as {
      learningRate: number;
      betas: number[];
    };
    assert.deepEqual([learningRate, betas], [0.0002, [0, 0.9]]);
  });

  test("every data set that is not here says in one line what to do", async () => {
    for (const [name, message] of [
      ["celeba", /img_align_celeba\.zip/],
      ["lsun", /bedroom_train_lmdb\.zip/],
      ["imagenet", /ILSVRC2012_img_train\.tar/],
      ["stl10", /gantry data fetch stl10/],
    ] as const)
      await refuse(["train", "dcgan", "--data", name], 2, message, inside);
    await refuse(["data", "fetch", "celeba"], 2, /the data set celeba is not downloaded/, inside);
  });
});
