// Each shell's own completion, as it runs when Tab is pressed; bash is everywhere, the others are skipped where they are not.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import { program, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const run = promisify(execFile);
const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;

before(async () => {
  mkdirSync(join(cwd, "bin"));
  symlinkSync(program, join(cwd, "bin/gantry"));
  for (const step of ["000010", "000020"])
    mkdirSync(join(cwd, `runs/gan-ring-0/checkpoints/step-${step}`), { recursive: true });
  writeFileSync(join(cwd, "runs/gan-ring-0/config.json"), "{}");
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(join(cwd, shell), (await succeed(["completion", shell])).stdout);
});

/** What a line may go on with, by a shell's own completion. */
const shells: Readonly<Record<string, (line: string) => readonly string[]>> = {
  bash: (line) => [
    "-c",
    `source ./bash; COMP_LINE=$1 COMP_POINT=\${#1}; _gantry 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    line,
  ],
  zsh: (line) => [
    "-c",
    `compdef() { : }; compadd() { shift $@[(i)--]; print -rl -- "$@" }; _files() { : }; source ./zsh; words=(\${=1}); CURRENT=$#words; _gantry`,
    "zsh",
    line,
  ],
  fish: (line) => ["--no-config", "-c", `source ./fish; complete -C ${JSON.stringify(line)}`],
};

for (const [shell, args] of Object.entries(shells))
  describe(shell, { skip: !has(shell) && `${shell} is not installed` }, () => {
    const complete = async (line: string) => {
      const { stdout } = await run(shell, args(line), {
        cwd,
        env: { ...process.env, HOME: cwd, PATH: `${join(cwd, "bin")}${delimiter}${process.env.PATH}` },
      });
      // fish adds the folders that it finds itself.
      return [...new Set(stdout.split("\n").map((each) => each.replace(/\/$/, "")))].filter(
        (each) => each !== "",
      );
    };

    test("commands, options, names and runs", async () => {
      assert.deepEqual(await complete("gantry rec"), ["recipes"]);
      assert.deepEqual(await complete("gantry train --dry"), ["--dry-run"]);
      assert.deepEqual(await complete("gantry train dcg"), ["dcgan"]);
      assert.deepEqual(await complete("gantry train dcgan --preset s"), ["small"]);
      assert.deepEqual(await complete("gantry train dcgan --with infom"), ["infomax"]);
      assert.deepEqual(await complete("gantry train dcgan --data fash"), ["fashion-mnist"]);
      assert.deepEqual(await complete("gantry recipes show wgan-gp-r"), ["wgan-gp-resnet"]);
      assert.deepEqual(await complete("gantry resume runs/g"), ["runs/gan-ring-0"]);
    });

    test("options of terms, settings, checkpoints: what stands behind : = @", async () => {
      const behind = (words: readonly string[]) => words.map((word) => word.replace(/^.*[:@]/, ""));
      assert.deepEqual(behind(await complete("gantry train dcgan --with r1:gam")), ["gamma="]);
      assert.deepEqual(await complete("gantry train dcgan --set schedule.acc"), ["schedule.accumulate="]);
      assert.deepEqual(behind(await complete("gantry sample runs/gan-ring-0@1")), ["10"]);
    });
  });

test("a shell that there is no completion for", async () => {
  await refuse(["completion", "tcsh"], 2, /no completion for 'tcsh'; there is: bash, zsh, fish/);
});
