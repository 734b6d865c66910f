import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readNpz, readSafetensors, writeSafetensors } from "@gantry/formats";
import { parseLines, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

describe("commands that list, show and convert", () => {
  test("help everywhere, with examples", async () => {
    const help = await succeed(["--help"], { real: true });
    const commands = (await readdir(new URL("../commands/", import.meta.url)))
      .filter((file) => file.endsWith(".js"))
      .map((file) => file.slice(0, -".js".length));
    for (const name of commands) assert.match(help.stdout, new RegExp(`^ {2}${name} `, "m"));
    assert.equal((await succeed([])).stdout, help.stdout);
    for (const words of [
      ...commands.map((name) => [name]),
      ["recipes", "show"],
      ["terms", "show"],
      ["data", "fetch"],
    ]) {
      const { stdout, stderr } = await succeed([...words, "--help"]);
      assert.match(stdout, new RegExp(`^Usage: gantry ${words.join(" ")} `));
      assert.match(stdout, /\nExamples:\n {2}gantry /);
      assert.equal(stderr, "");
    }
    assert.match((await succeed(["--version"])).stdout, /^gantry \d+\.\d+\.\d+\n$/);
  });

  test("recipes", async () => {
    const { stdout } = await succeed(["recipes"]);
    assert.match(
      stdout,
      /^ {2}dcgan +deep convolutional GAN.*\n +when: the first try on any images\n +images of 28, .* as fashion-mnist; small: 3 min, 0\.5 GiB;/m,
    );
    assert.deepEqual(
      [...stdout.matchAll(/^[A-Z][a-z ,]*$/gm)].map(([head]) => head),
      ["Points", "Images", "With classes", "With an encoder, or codes", "Small data"],
    );
    const list = JSON.parse((await succeed(["recipes", "--json"])).stdout) as Record<string, unknown>[];
    const { summary: _, source: __, ...cgan } = list.find(({ name }) => name === "cgan")!;
    assert.deepEqual(cgan, {
      name: "cgan",
      extends: "dcgan",
      group: "conditional",
      when: "DCGAN with labels",
      kind: "images",
      sizes: [28, 32, 48, 64],
      labels: true,
      data: "mnist",
      presets: ["small"],
      minutes: 4,
      memory: 0.4,
    });
    const show = await succeed(["recipes", "show", "wgan-gp", "--set", "steps=7"]);
    const config = JSON.parse(show.stdout) as { steps: number; terms: Record<string, unknown> };
    assert.equal(config.steps, 7);
    assert.ok("gradient-penalty" in config.terms);
    assert.match(show.stderr, /source: Gulrajani/);
  });

  test("terms", async () => {
    assert.match((await succeed(["terms"])).stdout, /^adversarial\n(.*\n)* {2}hinge /m);
    const { stdout } = await succeed(["terms", "show", "gradient-penalty"]);
    assert.match(
      stdout,
      /^ {2}weight +lambda \(number, at least 0, or a schedule as 1\.\.0@100epochs; default 10\)$/m,
    );
    const json = JSON.parse((await succeed(["terms", "show", "gradient-penalty", "--json"])).stdout) as {
      options: { name: string }[];
    };
    assert.equal(json.options[0]?.name, "weight");
  });

  test("data", async () => {
    assert.match((await succeed(["data"])).stdout, /^ {2}ring +2-D points.*\n +computed$/m);
    const list = parseLines((await succeed(["data", "--json"])).stdout)[0] as unknown as { name: string }[];
    assert.ok(list.some(({ name }) => name === "cifar10"));
  });

  test("doctor", async () => {
    const { stdout } = await succeed(["doctor", "--json", "--no-speed"], { real: true });
    const report = JSON.parse(stdout) as Record<string, unknown> & { libtorch: { version: string } };
    assert.match(report.libtorch.version, /^\d+\.\d+/);
    assert.equal(report.threads, 1);
    assert.deepEqual(report.problems, []);
    assert.match((await succeed(["doctor", "--no-speed"])).stdout, /^ok LibTorch .*\n(.*\n)*Ready\./m);
  });

  test("doctor advises against an OpenBLAS with threads of its own", async (t) => {
    const folder = "/usr/lib/x86_64-linux-gnu/openblas-pthread";
    if (!existsSync(folder)) return t.skip("libopenblas0-pthread is not installed here");
    const environment = { LD_LIBRARY_PATH: folder };
    const { stdout } = await succeed(["doctor", "--json", "--no-speed"], { real: true, environment });
    const { hints, blas } = JSON.parse(stdout) as { hints: string[]; blas: string };
    if (blas === "mkl") return t.skip("this LibTorch has a BLAS of its own");
    assert.ok(hints.some((hint) => hint.includes("libopenblas0-openmp")));
  });

  test("convert: .pth to .safetensors, to .npz, to a folder, and back", async () => {
    const golden = fileURLToPath(new URL("../../../formats/golden/", import.meta.url));
    const source = join(golden, "conv-bn.pth");
    await succeed(["convert", source, "a.safetensors"], { cwd });
    const { stdout } = await succeed(["convert", "a.safetensors", "b.npz"], { cwd });
    assert.match(stdout, /^b\.npz: \d+ tensors?, /);
    await succeed(["convert", "b.npz", "folder"], { cwd });
    await succeed(["convert", "folder", "c.safetensors"], { cwd });
    const { arrays } = await readSafetensors(join(cwd, "a.safetensors"));
    if ([...arrays.values()].every(({ dtype }) => dtype !== "bfloat16"))
      assert.deepEqual(
        await readFile(join(cwd, "c.safetensors")),
        await readFile(join(cwd, "a.safetensors")),
      );
    await refuse(["convert", "a.safetensors", "folder"], 2, /folder: the folder is not empty/, { cwd });
    await refuse(["convert", "a.safetensors", "a.pth"], 2, /a\.pth: not a kind that can be written/, { cwd });
    await refuse(["convert", "none.pth", "a.npz"], 2, /none\.pth: no such file/, { cwd });
  });

  test("convert: names that are no file names, bfloat16, and damage", async () => {
    const array = { dtype: "bfloat16", shape: [2], data: Uint8Array.of(0x80, 0x3f, 0, 0xc0) } as const;
    await writeSafetensors(
      join(cwd, "odd.safetensors"),
      new Map([
        ["../up", { ...array, shape: [2] }],
        ["a/b c", { ...array, shape: [2] }],
      ]),
    );
    const { stderr } = await succeed(["convert", "odd.safetensors", "odd"], { cwd });
    assert.match(stderr, /2 tensors of bfloat16, which NumPy has not, became float32/);
    assert.deepEqual((await readdir(join(cwd, "odd"))).sort(), ["..%2Fup.npy", "a%2Fb c.npy"]);
    await refuse(["convert", "odd", "odd.npz"], 1, /odd\.npz: "\.\.\/up\.npy" is no name for a file/, {
      cwd,
    });
    await rm(join(cwd, "odd", "..%2Fup.npy"));
    await succeed(["convert", "odd", "odd.npz"], { cwd });
    const arrays = await readNpz(join(cwd, "odd.npz"));
    assert.deepEqual([...arrays.keys()], ["a/b c"]);
    assert.deepEqual([...new Float32Array(arrays.get("a/b c")!.data.slice().buffer)], [1, -2]);

    await writeFile(join(cwd, "damaged.safetensors"), "not a header, and long enough for one");
    await refuse(["convert", "damaged.safetensors", "x.npz"], 1, /damaged\.safetensors: /, { cwd });
    assert.ok(!existsSync(join(cwd, "x.npz")));
  });

  test("a reader that stops reading ends it quietly", async () => {
    const program = fileURLToPath(new URL("../../bin/gantry.mjs", import.meta.url));
    const shell = spawn("sh", ["-c", `"${process.execPath}" "${program}" terms --json | head -c 5; exit 0`]);
    let stderr = "";
    shell.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await new Promise((resolve) => shell.on("close", resolve));
    assert.equal(stderr, "");
  });
});
