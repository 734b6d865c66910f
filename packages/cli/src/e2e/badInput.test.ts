import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { encodeIdx, encodePng, writeZip } from "@gantry/formats";
import { inProcess, parseLines, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

/** 24 grey images of 28x28 as PNG files. */
const pictures = () =>
  Promise.all(
    Array.from({ length: 24 }, async (_, i) => ({
      name: `${String(i).padStart(2, "0")}.png`,
      data: await encodePng({
        shape: [1, 28, 28],
        data: Uint8Array.from({ length: 784 }, (_, pixel) => (pixel * 7 + i * 31) % 256),
      }),
    })),
  );

describe("bad input gets one line", () => {
  test("names that there are not", async () => {
    await refuse(["trian"], 2, /unknown command 'trian'; did you mean 'train'\?/, { real: true });
    await refuse(["recipes", "shwo"], 2, /unknown command 'recipes shwo'; did you mean 'recipes show'\?/);
    await refuse(["train"], 2, /missing required argument 'recipe'; see 'gantry train --help'/);
    await refuse(["train", "gan", "--stpes", "3"], 2, /unknown option '--stpes'; did you mean '--steps'\?/);
    await refuse(["train", "gan", "twice"], 2, /unknown data set 'twice'/);
    await refuse(["train", "gna"], 2, /unknown recipe 'gna'; did you mean 'gan'\?/, { real: true });
    await refuse(["train", "gan", "--data", "rnig"], 2, /unknown data set 'rnig'; did you mean 'ring'\?/, {
      cwd,
    });
    await refuse(["train", "gan", "--with", "gradient-penalti"], 2, /did you mean 'gradient-penalty'\?/);
    await refuse(["train", "gan", "--preset", "tiny"], 2, /no preset 'tiny'/);
    await refuse(["terms", "show", "hing"], 2, /did you mean 'hinge'\?/);
    await refuse(["data", "fetch", "ring"], 2, /ring is not downloaded/);
  });

  test("settings of the wrong kind", async () => {
    await refuse(["train", "gan", "--set", "batch=many"], 2, /batch: expected a? ?(number|int).*"many"/);
    await refuse(["train", "gan", "--steps", "1.5"], 2, /steps: .*1\.5/);
    await refuse(
      ["train", "gan", "--set", "schedule.discriminatorStep=2"],
      2,
      /did you mean 'schedule\.discriminatorSteps'\?/,
    );
    await refuse(["train", "gan", "--set", "nonsense"], 2, /'nonsense' is not a setting; write path=value/);
    await refuse(["train", "gan", "--precision", "float64"], 2, /precision/);
    await refuse(["train", "gan", "--device", "gpu"], 2, /device: must be cpu, cuda/);
    await refuse(
      ["train", "gan", "--with", "gradient-penalty:wieght=3"],
      2,
      /did you mean 'terms\.gradient-penalty\.weight'\?/,
    );
    await refuse(["sample", "x", "--out", "x.png", "--count", "some"], 2, /--count some: a whole number/);
  });

  test("what would take all memory, or forever, before it is begun", async () => {
    const train = ["train", "gan", ...QUICK, "--out", "endless"];
    await refuse(
      [...train, "--with", "unrolled:steps=1e9"],
      2,
      /steps: expected a number of at most 1000; it is 1000000000/,
    );
    await refuse([...train, "--set", "schedule.discriminatorSteps=1e5"], 2, /at most 1000; it is 100000/);
    await refuse(
      [...train, "--set", "net.prior.size=1e9"],
      2,
      /net\.prior\.size: expected a number of at most 65536/,
    );
    await refuse([...train, "--set", "batch=1e9"], 2, /batch: expected a number of at most 1048576/);
    await refuse(
      [...train, "--steps", "3", "--eval-every", "1", "--metrics", "nope"],
      2,
      /unknown metric 'nope'; known: /,
    );
    await refuse(
      [...train, "--set", "data.modes=many"],
      2,
      /data set ring: modes: expected a number; it is "many"/,
    );
    await refuse(
      ["train", "dcgan", "--set", "data.classes=a,b", "--out", "endless"],
      2,
      /data set fashion-mnist: classes: expected a list; it is "a,b"; write a list as \["a","b"\]/,
      { cwd },
    );
    await refuse(
      [...train, "--threads", "4096"],
      2,
      /threads must be between 1 and \d+ on this machine, got 4096/,
    );
    for (const [setting, message] of [
      [
        "optimizers.default.learningRate=1..0@3years",
        /'1\.\.0@3years' is no schedule; write FROM\.\.TO@LENGTH, as 2e-4\.\.0@100epochs/,
      ],
      ["schedule.discriminatorSteps=5..0@9", /discriminatorSteps.*expected .*at least 1/],
    ] as const)
      await refuse([...train, "--set", setting], 2, message);
    await refuse(
      [...train, "--eval-every", "10years"],
      2,
      /every: '10years' is no length; write 500 \(iterations\), 10epochs/,
    );
    await succeed([...train, "--steps", "1"], { cwd });
    const weights = "endless/checkpoints/step-000001/generator.safetensors";
    await refuse(
      ["convert", weights, `./${weights}`],
      2,
      /generator\.safetensors: that is what is read; name another file/,
      { cwd },
    );
    const sample = ["sample", "endless", "--count", "1e7", "--out"];
    await refuse(
      [...sample, "big.png"],
      2,
      /a picture of 10,000,000 points is too large; at most 1,000,000: .*--out FILE\.npy/,
      { cwd },
    );
    await refuse(["sample", "endless", "--count", "1e9", "--out", "big.npy"], 2, /--count 1e9/, { cwd });
    await refuse(
      ["eval", "endless", "--samples", "1e9"],
      2,
      /--samples 1e9: a whole number from 1 to 10000000/,
      { cwd },
    );
    assert.ok(!existsSync(join(cwd, "big.png")));
  });

  test("what would be dropped in silence", async () => {
    const train = ["train", "gan", ...QUICK];
    await refuse([...train, "--with", "r1", "--with", "r1:stream=fake"], 2, /r1 is added twice/);
    await refuse([...train, "--steps", "2", "--steps", "3"], 2, /--steps is given twice, as 2 and as 3/);
    await refuse([...train, "--steps", "2", "--set", "steps=3"], 2, /steps is set twice, to 2 and to 3/);
    await refuse([...train, "--data", "ring", "--set", "data.name=grid"], 2, /data\.name is set twice/);
    await refuse([...train, "--set", "terms.r1.gamma=3"], 2, /no term 'r1'.* add it by --with r1:gamma=3/);
    await refuse(
      [...train, "--set", "terms.non-saturating=null", "--with", "adaptive-weights", "--dry-run"],
      2,
      /no loss here comes in parts/,
    );
    await refuse(["eval", "ring", "--seed", "1", "--seed", "2"], 2, /--seed is given twice/);
  });

  test("a batch larger than the data set leaves nothing behind", async () => {
    const args = ["train", "gan", ...QUICK, "--batch", "5000", "--out", "large"];
    await refuse(args, 2, /batch of 5000 is larger than the data set ring \(2,000 items\)/, { cwd });
    assert.ok(!existsSync(join(cwd, "large")));
  });

  test("an error in JSON is an object, too", async () => {
    const { status, stdout, stderr } = await inProcess(["train", "gna", "--json"]);
    assert.equal(status, 2);
    assert.match(stderr, /^gantry: unknown recipe[^\n]*\n$/);
    const [event] = parseLines(stdout);
    assert.equal(event?.event, "error");
    assert.equal(event?.exitCode, 2);
    assert.match(String(event?.message), /^unknown recipe 'gna'/);
  });

  test("data files: missing, cut off, of another kind", async () => {
    const idx = encodeIdx({ shape: [30, 28, 28], data: new Uint8Array(30 * 784) });
    await writeFile(join(cwd, "cut-images-idx3-ubyte"), idx.subarray(0, 5000));
    await writeFile(join(cwd, "text.zip"), "this is no archive of anything\n".repeat(20));
    await writeFile(join(cwd, "notes.txt"), "hello");
    const train = (data: string) => ["train", "dcgan", "--data", data, "--out", "bad"];
    await refuse(train("./missing.zip"), 2, /there is no file or folder .*missing\.zip/, { cwd });
    await refuse(train("cut-images-idx3-ubyte"), 1, /cut-images-idx3-ubyte: .*(cut off|too short|bytes)/, {
      cwd,
    });
    await refuse(train("text.zip"), 1, /text\.zip: /, { cwd });
    await refuse(train("notes.txt"), 2, /notes\.txt is not a data set: give a folder, zip or tar of images/, {
      cwd,
    });
    assert.ok(!existsSync(join(cwd, "bad")));
  });

  test("a broken image is left out and counted, or refused", async () => {
    const files = await pictures();
    const whole = files[5]!;
    files[5] = { name: whole.name, data: whole.data.subarray(0, 60) };
    await writeZip(join(cwd, "pictures.zip"), files);
    process.env.GANTRY_HOME = join(cwd, "home");
    const args = ["train", "dcgan", "--data", "pictures.zip", "--steps", "1", "--batch", "8"];
    args.push("--set", "net.channels=4", "--set", "data.channels=1", "--set", "samples=4");
    const strict = [...args, "--strict", "--out", "strict"];
    const refused = await inProcess(strict, { cwd });
    assert.equal(refused.status, 1);
    assert.match(
      refused.stderr,
      /^Starting .*\ndecoding pictures\.zip: .*\ngantry: pictures\.zip, read strictly: 05\.png is broken/,
    );
    assert.ok(!existsSync(join(cwd, "strict")));
    const { stderr } = await succeed([...args, "--out", "counted"], { cwd });
    assert.match(stderr, /^gantry: warning: pictures\.zip: left out 1 file: 1 broken \(the first: 05\.png/m);
    assert.match(stderr, /^dcgan on pictures\.zip: 23 images of 1x28x28$/m);
    // The second time the decoded images come out of the cache, and the count with them.
    await refuse(strict, 1, /pictures\.zip, read strictly: left out 1 file: 1 broken \(the first: 05\.png/, {
      cwd,
    });
  });

  test("a place that cannot be written", async () => {
    await writeFile(join(cwd, "file"), "");
    const args = ["train", "gan", ...QUICK, "--out", "file/run"];
    await refuse(
      args,
      1,
      /file\/run: cannot make the run's folder: a part of its path is a file, not a folder; choose another --out/,
      { cwd },
    );
  });

  test("a full and a read-only disk", async (t) => {
    const disk = join(cwd, "disk");
    await mkdir(disk);
    const mount = (options: string) =>
      spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", disk]).status === 0;
    if (process.getuid?.() !== 0 || !mount("size=64k")) return t.skip("no disk can be mounted here");
    try {
      spawnSync("dd", ["if=/dev/zero", `of=${join(disk, "filler")}`, "bs=1k"]);
      const args = ["train", "gan", ...QUICK, "--out", join(disk, "run")];
      await refuse(args, 1, /disk is full/, { real: true });
      assert.ok(!existsSync(join(disk, "run")), "no empty folders are left behind");
      spawnSync("mount", ["-o", "remount,ro", disk]);
      await refuse(args, 1, /read-only/);
    } finally {
      spawnSync("umount", [disk]);
    }
  });

  test("what is no run, and a run that is damaged", async () => {
    await refuse(["resume", cwd], 2, /not a run \(no config\.json\)/);
    await refuse(["fork", join(cwd, "nowhere"), "--set", "steps=5"], 2, /not a run/);
    await succeed(["train", "gan", ...QUICK, "--steps", "3", "--out", "damaged"], { cwd });
    await refuse(
      ["train", "gan", ...QUICK, "--out", "damaged"],
      2,
      /there is a run already; .*gantry resume/,
      { cwd },
    );
    const file = join(cwd, "damaged/checkpoints/step-000003/generator.safetensors");
    const bytes = await readFile(file);
    bytes[bytes.length - 5]! ^= 0x10;
    await writeFile(file, bytes);
    const damage = /step-000003\/generator\.safetensors: the file is damaged/;
    await refuse(["fork", "damaged", "--steps", "9", "--out", "on"], 1, damage, { cwd, real: true });
    await refuse(["sample", "damaged", "--out", "x.png"], 1, damage, { cwd });
    assert.ok(!existsSync(join(cwd, "on")) && !existsSync(join(cwd, "x.png")));
  });
});
