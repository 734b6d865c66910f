import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

// Bun and Deno run the compiled JavaScript and the addon as they are. They are no dependency: `npm run matrix -- bun deno`
// brings them and puts them on the PATH.
const program = fileURLToPath(new URL("../../bin/gantry.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gantry-runtimes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const runtimes = [
  { name: "bun", command: ["bun"] },
  { name: "deno", command: ["deno", "run", "--allow-all"] },
];

function run(command: readonly string[], args: readonly string[]): string {
  const [file, ...before] = command;
  const { status, stdout, stderr } = spawnSync(file as string, [...before, program, ...args], {
    cwd: folder,
    env: { ...process.env, OMP_NUM_THREADS: "1", NODE_OPTIONS: "", DENO_NO_UPDATE_CHECK: "1" },
    encoding: "utf8",
  });
  assert.equal(status, 0, `${command.join(" ")} ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout + stderr;
}

function trained(command: readonly string[], name: string): Map<string, Buffer> {
  run(command, ["train", "gan", "--preset", "small", "--steps", "20", "--out", name]);
  const checkpoint = join(folder, name, "checkpoints/step-000020");
  const files = readdirSync(checkpoint).filter((file) => file.endsWith(".safetensors"));
  assert.equal(files.length, 4);
  return new Map(files.map((file) => [file, readFileSync(join(checkpoint, file))]));
}

for (const { name, command } of runtimes) {
  test(`${name} trains the ring to the same bits as Node, goes on and samples`, (t) => {
    if (spawnSync(name, ["--version"]).status !== 0) return t.skip(`${name} is not installed here`);
    assert.deepEqual(trained(command, name), trained([process.execPath], `node-beside-${name}`));
    run(command, ["fork", name, "--set", "steps=25", "--out", `${name}-more`]);
    run(command, ["sample", name, "--count", "200", "--out", `${name}.png`]);
    assert.equal(
      readFileSync(join(folder, `${name}.png`))
        .subarray(1, 4)
        .toString("latin1"),
      "PNG",
    );
    assert.match(run(command, ["doctor", "--no-speed"]), /^ok LibTorch /m);
  });
}
