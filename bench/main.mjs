// `npm run bench [-- NAME...]`: every benchmark in bench/cases, or those named; `npm run bench -- --plot`: how the cost of an
// iteration grows, as a picture. Either writes what it measured into bench/RESULTS.md.
//
// A case is a file that default-exports
//   { what, run(context) -> Result | Result[] }    (or a promise of it)
// and a Result is
//   { label?, shapes, threads, ours: Sample, against?, peer?: Sample, ratio?: Sample, ratioIs?,
//     others?: { name, times, ratio }[], target?, met?, notes? }
// or { label?, skipped: reason }. `context` (context.mjs) measures. Things compared are timed in turn, A B A B, in one run, and
// the ratio is the median of the rounds' ratios: what else the machine does then disturbs all alike. Each case has a process
// of its own.
import { fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { formatSample } from "./context.mjs";
import { readResults, writeResults } from "./results.mjs";

const known = readdirSync(new URL("./cases/", import.meta.url))
  .filter((file) => file.endsWith(".mjs"))
  .map((file) => file.slice(0, -".mjs".length))
  .sort();

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { plot: { type: "boolean", default: false } },
    });
    const unknown = positionals.filter((name) => !known.includes(name));
    if (unknown.length > 0)
      throw new Error(`no benchmark ${unknown.join(", ")}; there are: ${known.join(", ")}`);
    return { plot: values.plot, wanted: positionals };
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  }
}

const today = () => new Date().toISOString().slice(0, 10);

/** @returns what the case sent: { what, environment, results } or { what, error } */
function runCase(name) {
  return new Promise((resolve) => {
    const child = fork(new URL("./runCase.mjs", import.meta.url), [name]);
    const told = {};
    child.on("message", (message) => {
      if (message.what !== undefined) console.log(`\n${name}: ${message.what}`);
      Object.assign(told, message);
    });
    child.on("close", (status, signal) =>
      resolve(
        told.results === undefined && told.error === undefined
          ? { ...told, error: `its process ended by itself (${signal ?? status})` }
          : told,
      ),
    );
  });
}

function show(result) {
  const row = (label, text) => console.log(`  ${label.padEnd(14)} ${text}`);
  if (result.label !== undefined) console.log(`  ${result.label}`);
  if (result.skipped !== undefined) return row("left out", result.skipped);
  row("shapes", result.shapes);
  row("threads", String(result.threads));
  row("ours", formatSample(result.ours));
  if (result.peer !== undefined) row("compared with", `${formatSample(result.peer)}: ${result.against}`);
  for (const { name, times, ratio } of result.others ?? [])
    row("also", `${formatSample(times)}: ${name}; faster by ${formatSample(ratio)}`);
  if (result.ratio !== undefined) row(result.ratioIs ?? "faster by", formatSample(result.ratio));
  for (const note of result.notes ?? []) row("note", note);
  if (result.target !== undefined) row("target", `${result.target}: ${result.met ? "met" : "NOT MET"}`);
}

async function runCases(names) {
  const all = await readResults();
  const bad = { missed: 0, failed: 0 };
  let written = 0;
  for (const name of names) {
    const load = loadavg()[0];
    const { what, environment, results, error } = await runCase(name);
    if (error !== undefined) {
      console.log(`  FAILED: ${error}`);
      bad.failed++;
      continue;
    }
    for (const result of results) show(result);
    bad.missed += results.filter(({ target, met }) => target !== undefined && !met).length;
    const measured = results.filter(({ skipped }) => skipped === undefined);
    if (measured.length === 0) continue;
    all.machines[environment] = {
      ...all.machines[environment],
      [name]: { what, date: today(), load, results: measured },
    };
    await writeResults(all);
    written++;
  }
  if (written > 0) console.log("\nwritten to bench/RESULTS.md");
  if (bad.missed > 0) console.log(`targets not met: ${bad.missed}`);
  if (bad.failed > 0) console.log(`benchmarks that failed: ${bad.failed}`);
  if (bad.missed + bad.failed > 0) process.exitCode = 1;
}

const { plot, wanted } = readArguments();
if (wanted.length > 0 || !plot) await runCases(wanted.length > 0 ? wanted : known);
if (plot) {
  const load = loadavg()[0];
  const { drawGrowth } = await import("./growth.mjs");
  const growth = await drawGrowth((text) => console.log(text));
  await writeResults({ ...(await readResults()), growth: { ...growth, date: today(), load } });
  console.log(`drawn to bench/${growth.picture}, written to bench/RESULTS.md`);
}
