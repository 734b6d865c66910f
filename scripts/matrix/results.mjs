// What came of an environment: read from what the test runner and `gantry doctor` print, kept in bench/matrix.json, and shown
// as a table in bench/matrix.md.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { bestInstructions } from "../processor.mjs";
import { ask, root } from "../shared.mjs";

const data = join(root, "bench/matrix.json");
const page = join(root, "bench/matrix.md");

/** Counts and failures of a test run, and the versions it ran with. */
export function summary(tests, doctor) {
  const count = (word) => Number(new RegExp(`^\\S* ?${word} (\\d+)$`, "m").exec(tests)?.[1] ?? Number.NaN);
  const [passed, failed, skipped] = ["pass", "fail", "skipped"].map(count);
  if (Number.isNaN(passed)) return { broken: "the tests did not run to their end" };
  const listed = tests.split(/failing tests:/)[1] ?? "";
  const failures = [...listed.matchAll(/^✖ (.*?)(?: \([\d.]+ms\))?$/gm)].map(([, name]) => name);
  const report = doctor.split("\n").find((line) => line.startsWith("{"));
  const { libtorch, node } = report === undefined ? {} : JSON.parse(report);
  return { passed, failed, skipped, failures, libtorch: libtorch?.version ?? "?", node: node ?? "?" };
}

/** Writes a result into the kept ones. */
export function record({ name, environment, broken, passed, failed, skipped, failures, libtorch, node }) {
  const all = existsSync(data) ? JSON.parse(readFileSync(data, "utf8")) : {};
  all[name] = {
    summary: environment.summary,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    processor: processor(),
    ...(broken === undefined ? { libtorch, node, passed, failed, skipped, failures } : { broken }),
  };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => a.localeCompare(b)));
  writeFileSync(data, `${JSON.stringify(sorted, null, 2)}\n`);
  writeFileSync(page, table(sorted));
}

function commit() {
  const hash = ask("git", ["rev-parse", "--short", "HEAD"]) ?? "?";
  const changed = ask("git", ["status", "--porcelain", "--untracked-files=no", ":!bench/matrix.*"]);
  return changed === "" ? hash : `${hash} and changes`;
}

/** The processor's name, and the best instructions it has of those that Gantry's kernels are written for. */
function processor() {
  const name = (cpus()[0]?.model ?? process.arch).replace(
    /\((?:R|TM)\)|CPU|\d+-Core Processor|Processor|@.*$/g,
    "",
  );
  return `${name.replace(/\s+/g, " ").trim()}${bestInstructions === undefined ? "" : `, ${bestInstructions}`}`;
}

function table(all) {
  const rows = Object.entries(all).map(([name, entry]) => {
    const result = entry.broken ?? `${entry.passed} passed, ${entry.failed} failed, ${entry.skipped} skipped`;
    const versions = [entry.libtorch ?? "-", entry.node ?? "-"];
    return `| \`${name}\` | ${[entry.summary, ...versions, entry.processor, entry.date, entry.commit, result].join(" | ")} |`;
  });
  const failing = Object.entries(all)
    .filter(([, entry]) => entry.failed > 0)
    .map(
      ([name, { failures }]) =>
        `\nFailing in \`${name}\`:\n\n${failures.map((test) => `- ${test}`).join("\n")}\n`,
    );
  return `# Where Gantry was built and tested

Written by \`npm run matrix [-- NAME...]\`, a row when its environment was last run.

| environment | what | LibTorch | Node | processor | date | commit | tests |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}
${failing.join("")}`;
}
