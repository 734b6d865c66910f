import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { withoutKernels } from "./testing/instructions.js";

const folder = mkdtempSync(join(tmpdir(), "gantry-choices-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const library = new URL("./index.js", import.meta.url).href;

/**
 * A program that convolves with what `before` has chosen and prints what it met, how far it is from LibTorch's convolution, and from
 * that in float64. Choices are a process's own, so each test has its processes.
 */
const program = (before: string): string[] => [
  "--input-type=module",
  "-e",
  `import { grad, kernelChoices, keepKernelChoices, manualSeed, recallKernelChoices, setThreads, torch } from ${JSON.stringify(library)};
   setThreads(1);
   ${before}
   manualSeed(1);
   const x = torch.randn([2, 64, 12, 12]).contiguous({ memoryFormat: "channelsLast" });
   const [w, g] = [torch.randn([64, 64, 3, 3]), torch.randn([2, 64, 12, 12])];
   const all = (convolve, dtype) => {
     const [a, b] = [x, w].map((each) => each.to({ dtype }).detach().requiresGrad_());
     const y = convolve(a, b);
     return [y, ...grad([y], [a, b], { gradOutputs: [g.to({ dtype })] })];
   };
   const theirs = (a, b) => torch.convolution(a, b, undefined, [1, 1], [1, 1], [1, 1], false, [0, 0], 1);
   const ours = all((a, b) => torch.conv2d(a, b, undefined, [1, 1], [1, 1]), "float32");
   const apart = (others) => Math.max(...ours.map((each, i) => each.to({ dtype: "float64" })
     .sub(others[i].to({ dtype: "float64" })).abs().max().item() / others[i].abs().max().item()));
   console.log(JSON.stringify({ met: kernelChoices(), theirs: apart(all(theirs, "float32")), exact: apart(all(theirs, "float64")) }));`,
];

interface Found {
  met: string;
  theirs: number;
  exact: number;
}

function run(before: string): Found {
  const { stdout, stderr, status } = spawnSync(process.execPath, program(before), { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Found;
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "");

test("nothing is measured or chosen unless that is asked for", () => {
  const { met, exact } = run("");
  assert.equal(met, "");
  assert.ok(exact < 1e-5, `${exact}`);
});

test("each shape is measured once, its choice is kept, and what computes it is right", {
  skip: withoutKernels,
}, () => {
  const file = join(folder, "kept");
  const first = run(`keepKernelChoices(${JSON.stringify(file)});`);
  assert.ok(first.exact < 1e-5, `${first.exact}`);
  const kept = lines(readFileSync(file, "utf8")).sort();
  assert.deepEqual(kept, lines(first.met).sort());
  // The convolution and its two derivatives.
  assert.equal(kept.length, 3);
  for (const line of kept)
    assert.match(line, /^(forward|inputGradient|weightGradient) Float .* (gantry|libtorch)$/);
  assert.equal(run(`keepKernelChoices(${JSON.stringify(file)});`).met, first.met);
  assert.deepEqual(lines(readFileSync(file, "utf8")).sort(), kept);
});

test("what was chosen before is what computes, whatever the file says", { skip: withoutKernels }, () => {
  const file = join(folder, "other");
  const { met } = run(`keepKernelChoices(${JSON.stringify(file)});`);
  const all = (choice: string) => met.replace(/(gantry|libtorch)$/gm, choice);
  writeFileSync(file, all("gantry"));
  const recalled = (choice: string) =>
    run(`keepKernelChoices(${JSON.stringify(file)}); recallKernelChoices(${JSON.stringify(all(choice))});`);
  const theirs = recalled("libtorch");
  assert.equal(theirs.theirs, 0);
  assert.equal(theirs.met, all("libtorch"));
  const ours = recalled("gantry");
  assert.notEqual(ours.theirs, 0);
  assert.ok(ours.exact < 1e-5);
  // Lines that say nothing are passed over, and what is unknown stays Gantry's where nothing is measured.
  const odd = run(`recallKernelChoices("nonsense\\n\\nconvolve sideways\\n");`);
  assert.equal(odd.theirs, ours.theirs);
  assert.equal(odd.met, "");
});

test("processes that begin at once choose alike", { skip: withoutKernels }, async () => {
  const file = join(folder, "shared");
  const begin = () =>
    new Promise<string>((resolve, reject) => {
      const child = spawn(process.execPath, program(`keepKernelChoices(${JSON.stringify(file)});`));
      let text = "";
      child.stdout.on("data", (data) => {
        text += data;
      });
      child.on("error", reject).on("close", () => resolve((JSON.parse(text) as Found).met));
    });
  const met = await Promise.all([begin(), begin(), begin()]);
  assert.equal(new Set(met).size, 1);
  assert.equal(lines(readFileSync(file, "utf8")).length, 3);
});

test("a file that cannot be written leaves the choices in the process", { skip: withoutKernels }, () => {
  const { met, exact } = run(`keepKernelChoices(${JSON.stringify(join(folder, "no", "such", "folder"))});`);
  assert.equal(lines(met).length, 3);
  assert.ok(exact < 1e-5);
});
