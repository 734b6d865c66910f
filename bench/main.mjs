// `npm run bench [-- NAME...]`: every benchmark in bench/cases, or those named.
//
// A case is a file that default-exports
//   { name, what, run(context) -> Result | Result[] }    (or a promise of it)
// and a Result is
//   { shapes, threads, ours: Sample, against?, peer?: Sample, ratio?: Sample, target?, met?, notes? }
// `context` (context.mjs) measures. Two things compared are timed in turn, A B A B, in one run, and the ratio is the median of
// the pairs' ratios: what else the machine does then disturbs both alike.
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { setThreads, version } from "@gantry/torch";
import { context, formatSample } from "./context.mjs";

const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
const files = readdirSync(new URL("./cases/", import.meta.url)).filter((name) => name.endsWith(".mjs"));
const cases = [];
for (const file of files.sort()) cases.push((await import(`./cases/${file}`)).default);

const unknown = wanted.filter((name) => !cases.some((c) => c.name === name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${cases.map((c) => c.name).join(", ")}`);
  process.exit(1);
}

console.log(
  `LibTorch ${version()}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`,
);
let missed = 0;
for (const benchmark of cases.filter((c) => wanted.length === 0 || wanted.includes(c.name))) {
  console.log(`\n${benchmark.name}: ${benchmark.what}`);
  for (const result of [await benchmark.run(context)].flat()) {
    const row = (label, text) => console.log(`  ${label.padEnd(9)} ${text}`);
    row("shapes", result.shapes);
    row("threads", String(result.threads));
    row("ours", formatSample(result.ours));
    if (result.peer !== undefined) row("peer", `${formatSample(result.peer)}: ${result.against ?? ""}`);
    if (result.ratio !== undefined) row("faster by", formatSample(result.ratio));
    for (const note of result.notes ?? []) row("note", note);
    if (result.target !== undefined) {
      if (!result.met) missed++;
      row("target", `${result.target}: ${result.met ? "met" : "NOT MET"}`);
    }
  }
  setThreads(1);
}
if (missed > 0) {
  console.log(`\n${missed} target${missed === 1 ? "" : "s"} not met`);
  process.exitCode = 1;
}
