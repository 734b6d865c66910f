// What Gantry prints to be typed is typed here, as it stands: only shorter, and on small made-up data.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { encodePng } from "@gantry/formats";
import { builtCatalogue } from "../catalogue/catalogue.js";
import train from "../commands/train.js";
import { writeDigits } from "../testing/digits.js";
import { inProcess, parseLines, QUICK, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const SHORT = ["--steps", "2", "--threads", "1", "--set", "samples=4", "--set", "intervals.log=1"];

/** A printed line as words, `gantry` taken off. */
function wordsOf(line: string): string[] {
  const [gantry, ...words] = line.trim().split(/\s+/);
  assert.equal(gantry, "gantry", line);
  assert.doesNotMatch(line, /['"]/, "quotes: this test knows none");
  return words;
}

before(async () => {
  for (const name of ["mnist", "fashion-mnist"])
    await writeDigits(join(cwd, "data", name), { train: 320, t10k: 100 });
  await mkdir(join(cwd, "photos"));
  for (let i = 0; i < 70; i++) {
    const data = Uint8Array.from({ length: 3 * 32 * 32 }, (_, at) => (at * (i + 3)) % 251);
    await writeFile(join(cwd, `photos/${i}.png`), await encodePng({ shape: [3, 32, 32], data }));
  }
  const labels = Array.from({ length: 70 }, (_, i) => `${i}.png,${i % 2 === 0 ? "cat" : "dog"}\n`);
  await writeFile(join(cwd, "labels.csv"), labels.join(""));
  process.env.GANTRY_HOME = join(cwd, "home");
});

/** Recipes whose data is here under its own name; the others are tried on pictures. */
const HERE = /^(ring|mnist|fashion-mnist)$/;

function dataFor(words: readonly string[]): string[] {
  const recipe = builtCatalogue()!.recipes.find(({ name }) => name === words[1]);
  return HERE.test(recipe?.presets.small?.data ?? "") ? [] : ["--data", "photos"];
}

describe("the use: line of every term", () => {
  for (const { name } of builtCatalogue()?.terms ?? [])
    test(name, async () => {
      const { stdout } = await succeed(["terms", "show", name], { cwd });
      const [, line = ""] = /^use: (.*)$/m.exec(stdout) ?? [];
      assert.match(line, / --preset small /, "on a small machine");
      const words = wordsOf(line);
      await succeed([...words, ...dataFor(words), ...SHORT, "--out", name], { cwd });
    });
});

describe("what a training ends with", () => {
  for (const [words, lines] of [
    [["gan", ...QUICK], 3],
    // Of so few digits it says what helps, and nothing else.
    [["dcgan", "--preset", "small", "--data", "mnist"], 1],
  ] as const)
    test(words[0], async () => {
      const { stdout } = await succeed(["train", ...words, ...SHORT, "--seed", "7", "--json"], { cwd });
      const { next, run } = parseLines(stdout).at(-1) as { next: string[]; run: string };
      assert.equal(next.length, lines);
      for (const line of next) {
        const { status, stderr } = await inProcess(wordsOf(line), { cwd });
        // What looks for findings says by its status that there is one.
        assert.equal(status, line.startsWith("gantry diagnose ") ? 3 : 0, stderr);
      }
      // The same settings, on the same few iterations.
      if (words[0] === "gan") assert.ok(next.some((line) => line.includes(`--config ${run}/config.json`)));
    });
});

/** A few iterations of what was to be many. */
const few = (words: readonly string[]) =>
  words.map((word, at) => (/^--(steps|epochs|eval-every)$/.test(words[at - 1] ?? "") ? "1" : word));

test("examples of train's help", async () => {
  await succeed(["train", "gan", ...QUICK, ...SHORT, "--out", "runs/gan-ring-0"], { cwd });
  for (const [line] of train.examples.filter(([text]) => !text.includes("./"))) {
    const words = wordsOf(line);
    const own = /--(data|config)\b/.test(line) ? [] : dataFor(words);
    const scored = line.includes("--eval-every") ? ["--eval-samples", "64"] : [];
    const short = /--(steps|epochs)\b/.test(line) ? SHORT.slice(2) : SHORT;
    // What starts itself again for each process is a program, not this test.
    await succeed([...few(words), ...own, ...scored, ...short], { cwd, real: line.includes("--processes") });
  }
});

test("doctor's advice", async () => {
  const { stdout } = await succeed(["doctor", "--no-speed"], { cwd });
  const lines = [...stdout.matchAll(/^ {2}(gantry .*)$/gm)].map(([, line = ""]) => line);
  assert.deepEqual(lines, [
    "gantry train gan --preset small",
    "gantry train dcgan --preset small --data fashion-mnist",
  ]);
  for (const line of lines) await succeed([...wordsOf(line), ...SHORT], { cwd });
  assert.match(stdout, /pictures, 3 min on two cores/);
});
