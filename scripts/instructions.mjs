// `npm run instructions [-- FILTER...]`: the tests of the kernels, with fewer instructions than this machine
// has: switched off in LibTorch and oneDNN, and on an emulated processor. Writes bench/instructions.md, unless there are filters.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import { processorFlags } from "./processor.mjs";
import { ask, root, runScript, Stop, script } from "./shared.mjs";
import { testFiles } from "./testFiles.mjs";

/** Minutes that a file may take, which is long for an emulator. */
const MINUTES = 30;

const cases = [
  {
    name: "AVX2, emulated",
    needs: [],
    emulator: ["qemu-x86_64", "-cpu", "EPYC"],
    env: { ATEN_CPU_CAPABILITY: "avx2" },
    // Winograd's large maps take hours there.
    files: (path) => !path.includes("winograd"),
  },
  {
    name: "AVX2, switched",
    needs: ["avx2"],
    env: { ATEN_CPU_CAPABILITY: "avx2", ONEDNN_MAX_CPU_ISA: "AVX2" },
  },
  {
    name: "SSE4.1, switched",
    needs: [],
    env: { ATEN_CPU_CAPABILITY: "default", ONEDNN_MAX_CPU_ISA: "SSE41" },
  },
  { name: "AVX-512, switched", needs: ["avx512f"], env: { ONEDNN_MAX_CPU_ISA: "AVX512_CORE" } },
  {
    name: "AVX-512 with bfloat16, switched",
    needs: ["avx512_bf16"],
    env: { ONEDNN_MAX_CPU_ISA: "AVX512_CORE_BF16" },
  },
  { name: "all of this processor's", needs: [], env: {} },
];

const CANNOT = `What this cannot show:

- An emulated processor says nothing of speed, and QEMU emulates no AVX-512: that is tried where the processor has it.
- Switches change what LibTorch's own kernels, oneDNN and Gantry choose. Where LibTorch asks the processor itself, it still sees all
  of it; an emulated one leaves no such way out.
- Winograd's large maps take hours on the emulated processor, and are left to the switches.
`;

/** What has kernels for each set of instructions, or goes to LibTorch's that do. */
const concerns = (path) =>
  /^packages\/torch\/dist\/src\/(autocast|bfloat16|convTranspose|edgeConvolutions|smallConvolutions|matrixUnit|winograd|optim\/adam|nn\/(activatedBatchNorm|convolution|linear|maxout|resample|resampledConvolution))\.test/.test(
    path,
  );

function runFile({ emulator = [], env }, file) {
  const [program, ...args] = [...emulator, process.execPath, join(root, file)];
  const { status, stdout, signal } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1", ...env },
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 1 << 28,
    timeout: MINUTES * 60_000,
  });
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(stdout)?.[1] ?? 0);
  const failures = [...stdout.matchAll(/^not ok \d+ - (.*)$/gm)].map(([, test]) => `${file}: ${test}`);
  if (status !== 0 && failures.length === 0)
    failures.push(
      `${file}: ${signal === "SIGTERM" ? `not done after ${MINUTES} minutes` : `ended with ${signal ?? status}`}`,
    );
  return { passed: count("pass"), skipped: count("skipped"), failures };
}

function tryCase(each, filters) {
  const missing = each.needs.filter((flag) => !processorFlags.has(flag));
  if (missing.length > 0) return { why: `this processor has no ${missing.join(", ")}` };
  if (each.emulator !== undefined && ask(each.emulator[0], ["--version"]) === undefined)
    return { why: "no emulator: sudo apt-get install qemu-user" };
  const files = testFiles()
    .map((path) => relative(root, path))
    .filter((path) => concerns(path) && (each.files?.(path) ?? true))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
  const sum = { passed: 0, skipped: 0, failures: [] };
  for (const file of files) {
    const { passed, skipped, failures } = runFile(each, file);
    sum.passed += passed;
    sum.skipped += skipped;
    sum.failures.push(...failures);
    console.log(`  ${file}: ${passed} passed, ${failures.length} failed, ${skipped} skipped`);
    for (const failure of failures) console.log(`    failed: ${failure}`);
  }
  return sum;
}

function page(results) {
  const rows = results.map(({ name, why, passed, failures, skipped }) =>
    why === undefined
      ? `| ${name} | ${passed} passed, ${failures.length} failed, ${skipped} skipped |`
      : `| ${name} | not tried: ${why} |`,
  );
  const failing = results.flatMap(({ name, failures = [] }) =>
    failures.map((failure) => `- ${name}: ${failure}`),
  );
  return `# With fewer instructions

Written by \`npm run instructions\` on ${new Date().toISOString().slice(0, 10)}, on ${cpus()[0]?.model ?? process.arch}, commit ${ask("git", ["rev-parse", "--short", "HEAD"]) ?? "?"}.

| instructions | tests of the kernels |
|---|---|
${rows.join("\n")}
${failing.length === 0 ? "" : `\nFailing:\n\n${failing.join("\n")}\n`}
${CANNOT}`;
}

script(() => {
  const filters = process.argv.slice(2);
  runScript("setup.mjs");
  const results = cases.map((each) => {
    console.log(`\n${each.name}`);
    return { name: each.name, ...tryCase(each, filters) };
  });
  console.log("");
  for (const { name, why, passed, failures, skipped } of results)
    console.log(`${name}: ${why ?? `${passed} passed, ${failures.length} failed, ${skipped} skipped`}`);
  console.log(`\n${CANNOT}`);
  if (filters.length === 0) writeFileSync(join(root, "bench/instructions.md"), page(results));
  if (results.some(({ failures = [] }) => failures.length > 0)) throw new Stop("");
});
