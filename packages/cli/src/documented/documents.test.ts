// Every command of the documents, as it stands there: in ```sh what `gantry` does, on small made-up data and for a few iterations; in
// ```ts programs, compiled and run. ```console holds what this test cannot do: installing, other machines, days. Links lead somewhere.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodePng } from "@gantry/formats";
import { writeDigits } from "../testing/digits.js";
import { succeed, temporaryFolder } from "../testing/harness.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const run = promisify(execFile);

/** Documents, relative to the repository; studies are records of what was run. */
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "FEATURES.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !/node_modules|^site/.test(file))
    .map((file) => join("docs", file)),
];
const textOf = (page: string) => readFileSync(join(root, page), "utf8");

interface Block {
  readonly language: string;
  readonly line: number;
  readonly text: string;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^```(\w*)/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { language: fence[1] ?? "", line: index + 2, lines: [] };
    else {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join("\n") });
      open = undefined;
    }
  }
  return blocks;
}

/** A line of a shell in words: quotes are taken off, and what stands behind a # is left out. */
function wordsOf(line: string): string[] {
  const code = line.replace(/(^|\s)#.*$/, "");
  return [...code.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"),
  );
}

const commandsOf = ({ text }: Block) =>
  text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .map(wordsOf)
    .filter((words) => words.length > 0);

/** Options that make it short: behind those of the document, which they replace. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  train: ["--threads", "1", "--set", "samples=4"],
  "train-classifier": ["--epochs", "4", "--threads", "1"],
  study: ["--seeds", "1", "--iterations", "2"],
  probe: ["--iterations", "2"],
  sweep: ["--steps", "3"],
};

function shortened([command = "", ...rest]: readonly string[]): string[] {
  const args = rest.map((word, at) =>
    rest[at - 1] === "--steps"
      ? String(Math.min(Number(word), command === "train" ? 3 : 5))
      : rest[at - 1] === "--eval-every"
        ? "2"
        : command === "sweep" && rest[at - 1] === "--seeds"
          ? "1"
          : word,
  );
  const isShort = ["--steps", "--epochs", "--help"].some((flag) => args.includes(flag));
  if (command === "train" && !isShort) args.push("--steps", "3");
  if (args.includes("--eval-every")) args.push("--eval-samples", "64");
  if (command === "eval" && !args.includes("--list") && !args.includes("--samples"))
    args.push("--samples", "64", "--real-samples", "64");
  return [command, ...args, ...(SHORT[command] ?? [])];
}

/** What the documents' commands are about: digits under two names, photographs, labels. */
async function furnish(folder: string): Promise<void> {
  for (const name of ["mnist", "fashion-mnist"])
    await writeDigits(join(folder, "data", name), { train: 640, t10k: 500 });
  await mkdir(join(folder, "photos"));
  const names = Array.from({ length: 140 }, (_, i) => `${i}.png`);
  for (const [i, name] of names.entries()) {
    const data = Uint8Array.from({ length: 3 * 80 * 70 }, (_, at) => (at * (i + 3)) % 251);
    await writeFile(join(folder, "photos", name), await encodePng({ shape: [3, 80, 70], data }));
  }
  await writeFile(
    join(folder, "labels.csv"),
    names.map((name, i) => `${name},${i % 2 === 0 ? "cat" : "dog"}\n`).join(""),
  );
  await mkdir(join(folder, "node_modules"));
  await symlink(join(root, "node_modules/@gantry"), join(folder, "node_modules/@gantry"));
}

/** Compiles it strictly, and runs it. */
async function runProgram(text: string, folder: string, name: string): Promise<void> {
  await writeFile(join(folder, `${name}.ts`), text);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const options = ["--strict", "--module", "nodenext", "--target", "es2023", "--types", "node"];
  const typeRoots = ["--typeRoots", join(root, "node_modules/@types")];
  const compiler = join(root, "node_modules/.bin/tsc");
  await run(compiler, [...options, ...typeRoots, "--ignoreConfig", `${name}.ts`], { cwd: folder }).catch(
    (error: { stdout: string }) => assert.fail(error.stdout),
  );
  await run(process.execPath, [`${name}.js`], { cwd: folder });
}

describe("commands and programs", () => {
  for (const page of pages) {
    const blocks = blocksOf(textOf(page)).filter(({ language }) => language === "sh" || language === "ts");
    if (blocks.length === 0) continue;
    describe(page, () => {
      const cwd = temporaryFolder();
      before(async () => {
        process.env.GANTRY_HOME = join(cwd, "home");
        await furnish(cwd);
      });
      for (const block of blocks)
        test(`line ${block.line}`, async () => {
          if (block.language === "ts") return runProgram(block.text, cwd, `line-${block.line}`);
          for (const [npx, gantry, ...args] of commandsOf(block)) {
            assert.deepEqual([npx, gantry], ["npx", "gantry"], "another command: ```console is for that");
            // A file of one's own is taken in once in a process.
            await succeed(shortened(args), { cwd, real: args.some((each) => each.endsWith(".ts")) });
          }
        });
    });
  }
});

test("links lead to files, and to headings that are there", () => {
  const anchorsOf = (page: string) =>
    new Set(
      [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-"),
      ),
    );
  const dead = pages.flatMap((page) =>
    [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^(https?|mailto):/.test(target))
      .filter((target) => {
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? page : relative(root, resolve(root, dirname(page), path));
        return (
          !existsSync(join(root, file)) ||
          (anchor !== undefined && file.endsWith(".md") && !anchorsOf(file).has(anchor))
        );
      })
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(dead, []);
});
