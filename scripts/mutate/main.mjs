// `npm run mutate [-- --count N --seed N --jobs N --only FRAGMENT --again]`: makes small changes to the compiled code, one at a time, and
// runs the tests that run the changed place. A change that no test notices is a survivor. Writes bench/mutation.json.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { filesUnder, hashOf, root, runScript, Stop, script } from "../shared.mjs";
import { measure, placeOf } from "./coverage.mjs";
import { Kept } from "./kept.mjs";
import { draw, mutantsOf, random } from "./mutants.mjs";
import { Sandbox } from "./sandbox.mjs";

const under = (folder) => (path) => dirname(path) === folder;
const among =
  (folder, ...names) =>
  (path) =>
    names.some((name) => path === `${folder}/${name}.js`);
/** What is changed, and which share of the mutants falls to it. */
const AREAS = [
  ["terms", 60, (path) => path.startsWith("packages/gan/dist/core/terms")],
  ["game", 40, under("packages/gan/dist/core/game")],
  [
    "trainer",
    40,
    (path) =>
      among("packages/gan/dist/train", "trainer", "averaging", "record")(path) ||
      among("packages/gan/dist/core/config", "build", "optimizers")(path) ||
      path === "packages/gan/dist/core/sample/sampler.js",
  ],
  ["loader", 15, among("packages/gan/dist/core/data", "loader")],
  ["metrics", 45, under("packages/gan/dist/evaluation/metrics")],
  [
    "command options",
    20,
    (path) =>
      among("packages/cli/dist", "settings", "numbers")(path) ||
      among("packages/gan/dist/core/base", "setting", "json")(path) ||
      among("packages/gan/dist/core/config", "config")(path) ||
      among("packages/cli/dist/commands", "train", "sample", "eval")(path),
  ],
];
/**
 * How a mutant is looked at, first and last: how many tests at most, the nearest and fastest first, their time together in
 * milliseconds, and how long a test may take that is not named after what is changed.
 */
const FIRST = { tests: 8, time: 60_000, slow: 20_000 };
const LAST = { tests: 60, time: 400_000, slow: 200_000 };
/** A test may take so many times as long as without a change, and this long more, before it counts as hung. */
const [SLOWER, GRACE] = [4, 20_000];

/** Tests that take long and look at other things than what is changed: for what the others did not notice, in a last look. */
const ELSEWHERE =
  /\/(studies|nets|exchange|compare|figures)\/|\/(killed?|composition|study|profile|probe|startUp|evaluations|compare|fetch)\.test\.js$/;
const RESULT = join(root, "bench/mutation.json");
const isNoticed = ({ outcome }) => outcome === "killed" || outcome === "hung";
const identity = ({ file, line, kind, changed }) => JSON.stringify([file, line, kind, changed]);
const isTested = (path) => path.endsWith(".js") && !/\.test\.js$|\/testing\/|Child\.js$/.test(path);
const say = (text) => process.stderr.write(`${text}\n`);

/** Takes things one by one, as many at a time as there are workers. */
async function inTurn(things, workers, action) {
  let next = 0;
  await Promise.all(
    workers.map(async (worker) => {
      while (next < things.length) await action(things[next++], worker);
    }),
  );
}

/** Tests that run a mutant's place: those named like its file, then those of its folder, then the fastest. */
function testsOf(mutant, measured, { tests, slow }) {
  const { file } = mutant;
  const name = basename(file, ".js");
  const rank = (test) => {
    const own = basename(test, ".test.js");
    return own === name ? 0 : dirname(test) === dirname(file) ? 1 : 2;
  };
  return [...measured]
    .filter(
      ([test, { places, milliseconds }]) =>
        (milliseconds < slow || rank(test) === 0) && places.has(placeOf(mutant)),
    )
    .sort(([a, x], [b, y]) => rank(a) - rank(b) || x.milliseconds - y.milliseconds)
    .slice(0, tests);
}

async function judge(mutant, measured, sandbox, look) {
  const tests = testsOf(mutant, measured, look);
  if (tests.length === 0) return { outcome: "not run" };
  const place = join(sandbox.path, mutant.file);
  const source = readFileSync(place, "utf8");
  writeFileSync(place, source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end));
  let spent = 0;
  try {
    for (const [test, { milliseconds }] of tests) {
      if (spent > look.time) break;
      const limit = SLOWER * milliseconds + GRACE;
      const found = await sandbox.test(test, limit);
      spent += found.milliseconds;
      if (found.late) {
        // Only if it would have been in time without the change: else the machine is busy, and nothing is known.
        writeFileSync(place, source);
        if ((await sandbox.test(test, limit)).late) return undefined;
      }
      if (!found.passed) return { outcome: found.late ? "hung" : "killed", by: test };
    }
    return { outcome: "survived" };
  } finally {
    writeFileSync(place, source);
    sandbox.tidy();
  }
}

/** What a reader needs of a mutant. */
function describe({ file, start, end, text, kind, area, outcome, by }, source) {
  const from = source.lastIndexOf("\n", start - 1) + 1;
  const to = source.indexOf("\n", end);
  const line = source.slice(0, start).split("\n").length;
  const changed = source.slice(from, start) + text + source.slice(end, to < 0 ? undefined : to);
  return {
    area,
    file,
    line,
    kind,
    source: source.slice(from, to).trim(),
    changed: changed.trim(),
    outcome,
    by,
  };
}

script(async () => {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "220" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: "2" },
      only: { type: "string" },
      // Tries only what the last run's tests did not notice, by all tests that run it, and keeps the rest of its result.
      again: { type: "boolean", default: false },
    },
  });
  runScript("build.mjs");
  const compiled = filesUnder(join(root, "packages"))
    .map((path) => relative(root, path))
    .filter((path) => /^packages\/(gan|cli)\/dist\//.test(path));
  const sourceOf = (path) => readFileSync(join(root, path), "utf8");
  const next = random(Number(values.seed));
  const total = AREAS.reduce((sum, [, share]) => sum + share, 0);
  const every = [];
  const mutants = AREAS.flatMap(([area, share, belongs]) => {
    const all = compiled
      .filter((path) => isTested(path) && belongs(path))
      .flatMap((file) => mutantsOf(sourceOf(file)).map((mutant) => ({ area, file, ...mutant })));
    every.push(...all);
    return draw(all, Math.round((share / total) * Number(values.count)), next);
  }).filter(({ file }) => file.includes(values.only ?? ""));
  if (mutants.length === 0) throw new Stop(`no file that is changed has ${values.only} in its path`);
  const describes = (mutant, outcome) => describe({ ...mutant, ...outcome }, sourceOf(mutant.file));
  const identities = mutants.map((mutant) => identity(describes(mutant)));
  const keptAs = (i) => `${values.again ? "last look" : "first look"}: ${identities[i]}`;
  const kept = new Kept(hashOf(compiled.map((path) => join(root, path))));
  const last = values.again ? JSON.parse(readFileSync(RESULT, "utf8")).results.filter(isNoticed) : [];
  const known = new Map(last.map((result) => [identity(result), result]));
  const results = [];
  const tried = mutants.filter((mutant, i) => {
    const found = known.get(identities[i]) ?? kept.read(keptAs(i));
    if (found !== undefined) results.push(describes(mutant, { outcome: found.outcome, by: found.by }));
    return found === undefined;
  });
  const look = values.again ? LAST : FIRST;
  const tests = compiled.filter(
    (path) => path.endsWith(".test.js") && (values.again ? !/composition/.test(path) : !ELSEWHERE.test(path)),
  );
  const sandboxes = Array.from({ length: Number(values.jobs) }, () => new Sandbox());
  process.once("SIGINT", () => {
    for (const sandbox of sandboxes) sandbox.close();
    report(results, mutants.length, values);
    console.log("stopped; the same command goes on from there");
    process.exit(130);
  });
  try {
    const measured = new Map();
    if (tried.length > 0)
      await inTurn(tests, sandboxes, async (test, sandbox) => {
        const found = kept.read(test) ?? kept.write(test, await measure(sandbox, test, every, 600_000));
        sandbox.tidy();
        say(`${measured.size + 1}/${tests.length} ${found.passed ? "" : "fails already, left out: "}${test}`);
        measured.set(test, { ...found, places: new Set(found.places) });
      });
    for (const [test, { passed }] of measured) if (!passed) measured.delete(test);
    const left = [...tried];
    while (left.length > 0)
      await inTurn(left.splice(0), sandboxes, async (mutant, sandbox) => {
        const outcome = await judge(mutant, measured, sandbox, look);
        if (outcome === undefined) return left.push(mutant);
        results.push(describes(mutant, kept.write(keptAs(mutants.indexOf(mutant)), outcome)));
        const { file, line, kind } = results.at(-1);
        say(`${results.length}/${mutants.length} ${outcome.outcome}: ${file}:${line} ${kind}`);
      });
    report(results, mutants.length, values);
  } finally {
    for (const sandbox of sandboxes) sandbox.close();
  }
});

function report(results, drawn, { seed }) {
  results.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.kind.localeCompare(b.kind));
  const rows = AREAS.map(([area]) => {
    const own = results.filter((result) => result.area === area);
    return { area, mutants: own.length, noticed: own.filter(isNoticed).length };
  });
  const summary = { drawn, mutants: results.length, noticed: results.filter(isNoticed).length };
  const content = { seed: Number(seed), ...summary, areas: rows, results };
  writeFileSync(RESULT, `${JSON.stringify(content, undefined, 2)}\n`);
  for (const { file, line, kind, changed, outcome } of results)
    if (outcome === "survived" || outcome === "not run")
      console.log(`${outcome}: ${file}:${line}  ${kind}\n    ${changed}`);
  for (const { area, mutants, noticed: found } of rows) console.log(`${area}: ${found} of ${mutants}`);
  console.log(`${summary.noticed} of ${summary.mutants} noticed; all in bench/mutation.json`);
}
