import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { encodePng, readNpy, toFloat32, writeNpy } from "@gantry/formats";
import { refuse, succeed, temporaryFolder } from "../testing/harness.js";

// Tests run from `dist`; golden files stay where their scripts are.
const golden = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const mimicry = (name: string) => golden(`gan/golden/exchange/${name}`);

const folder = temporaryFolder();
const inside = { cwd: folder };

/** `pattern` of the golden script. */
function pattern(name: string, count: number): number[] {
  let key = 0;
  for (const character of name) key = (key * 31 + character.charCodeAt(0)) % 10007;
  return Array.from(
    { length: count },
    (_, i) => ((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5,
  );
}

test("mimicry's checkpoints become a run that is sampled, forked and resumed", async () => {
  await copyFile(mimicry("sngan-32-generator.pth"), join(folder, "netG.pth.tar"));
  await mkdir(join(folder, "pictures"));
  for (let i = 0; i < 4; i++)
    await writeFile(
      join(folder, "pictures", `${i}.png`),
      await encodePng({
        shape: [3, 32, 32],
        data: Uint8Array.from({ length: 3072 }, (_, at) => (at * (i + 3)) % 251),
      }),
    );
  const { stdout } = await succeed(
    ["convert", "netG.pth.tar", mimicry("sngan-32-discriminator.pth"), "run", "--data", "pictures"],
    inside,
  );
  assert.match(stdout, /run: a run of sngan at iteration 100/);
  const latents = Float32Array.from(pattern("latent", 12), (p) => 3 * p);
  await writeNpy(join(folder, "z.npy"), {
    dtype: "float32",
    shape: [2, 6],
    data: new Uint8Array(latents.buffer),
  });
  await succeed(["sample", "run", "--latents", "z.npy", "--out", "out.npy"], inside);
  const answers = JSON.parse(await readFile(mimicry("mimicry.json"), "utf8"));
  const { start } = answers["sngan-32-generator"].outputs[0] as { start: number[] };
  const found = toFloat32(await readNpy(join(folder, "out.npy")));
  for (const [i, value] of start.entries()) assert.ok(Math.abs((found[i] as number) - value) < 1e-5, `${i}`);
  const metrics = ["--metrics", "contrastive:batch=2,steps=1", "--samples", "4"];
  const evaluated = await succeed(["eval", "run", ...metrics], inside);
  assert.match(evaluated.stdout, /run at iteration 100, weights as trained: 4 images of 3x32x32/);
  await succeed(["fork", "run", "--set", "steps=101", "--set", "batch=2", "--out", "forked"], inside);
  await refuse(["fork", "run", "--set", "steps=101", "--steps", "102"], 2, /steps is set twice/, inside);
  await refuse(["fork", "run", "--set", "terms.infomax.alpha=1"], 2, /has no term 'infomax'/, inside);
  await succeed(["sample", "forked@101", "--count", "1", "--out", "forked.png"], inside);
});

test("ssgan's runs go on as mimicry trains them, with every head in every pass", async () => {
  const discriminator = mimicry("ssgan-32-discriminator.pth");
  await succeed(["convert", mimicry("sngan-32-generator.pth"), discriminator, "turned"], inside);
  const { config } = JSON.parse(await readFile(join(folder, "turned", "config.json"), "utf8"));
  assert.equal(config.recipe, "ssgan");
  assert.equal(config.terms.rotation.everyPass, true);
});

test("a generator alone is a run, and what the tensors do not tell is asked for", async () => {
  const generator = mimicry("cgan-32-generator.pth");
  const { stderr } = await succeed(["convert", generator, "alone/"], inside);
  assert.match(stderr, /there is no discriminator: a new one is made/);
  await succeed(["sample", "alone", "--count", "3", "--out", "alone.png"], inside);
  const plain = [mimicry("sngan-32-generator.pth"), mimicry("wgan-gp-32-discriminator.pth")];
  await refuse(["convert", ...plain, "plain"], 2, /without spectral norm.*--as METHOD/, inside);
  await succeed(["convert", ...plain, "plain", "--as", "wgan-gp"], inside);
  const { config } = JSON.parse(await readFile(join(folder, "plain", "config.json"), "utf8"));
  assert.deepEqual([config.net.pooling, config.net.discriminatorNorm], ["mean", "none"]);
  await refuse(
    ["convert", generator, mimicry("sngan-32-discriminator.pth"), "odd"],
    2,
    /they do not belong together/,
    inside,
  );
  await refuse(["convert", ...plain.slice(1), "odd", "--as", "dcgan"], 2, /here are 0 generators/, inside);
  await refuse(["convert", generator, "alone"], 2, /there is a run already/, inside);
  await refuse(["convert", generator, "x.npz", "--as", "sagan"], 2, /--as is for networks/, inside);
  await succeed(["convert", generator, "arrays", "--arrays"], inside);
});

test("others' files are read by their contents, and what is not loaded is said", async () => {
  const file = golden("formats/golden/foreign-protocol4");
  const { stdout, stderr } = await succeed(["convert", file, "foreign.safetensors"], inside);
  assert.match(stderr, /were not loaded, and nothing of them was run: .*argparse\.Namespace/);
  assert.match(stdout, /foreign\.safetensors: 9 tensors/);
  const unusual = await succeed(["convert", golden("formats/golden/unusual.pth"), "unusual.npz"], inside);
  assert.match(unusual.stderr, /tensors? of complex64 became float32, real and imaginary parts/);
  assert.match(unusual.stderr, /1 tensor of uint16 became int32/);
  assert.match(unusual.stderr, /tensors of sparse float32 became dense/);
  await succeed(["convert", golden("formats/golden/lone"), "lone.npz"], inside);
});
