// `npm test [-- FILTER... --node-options]`: set-up, then every test file whose path contains a filter. Without one it is all but two kinds that
// take minutes, commands of their own: `npm run test:documented` types what is documented and printed, `npm run test:processes` kills,
// signals, sweeps and shares whole trainings.
import { constants, setPriority } from "node:os";
import { relative } from "node:path";
import { root, run, runScript, Stop, script } from "./shared.mjs";
import { testFiles } from "./testFiles.mjs";

/** Milliseconds that a file of tests may take, on a busy machine too: then it is ended, and has failed. */
const FILE_LIMIT = 600_000;
/** Folders of tests that only run where a filter names them. */
const APART = /[\\/]cli[\\/]dist[\\/](documented|processes)[\\/]/;

script(() => {
  const given = process.argv.slice(2);
  const options = given.filter((arg) => arg.startsWith("-"));
  const filters = given.filter((arg) => !arg.startsWith("-"));
  runScript("setup.mjs");
  const all = testFiles();
  const names = all.map((path) => relative(root, path));
  const files = names.filter((name) =>
    filters.length === 0 ? !APART.test(name) : filters.some((filter) => name.includes(filter)),
  );
  if (files.length === 0)
    throw new Stop(`no test file matches ${filters.join(" ")}; there are ${all.length}`);
  const args = [
    "--test",
    "--test-concurrency=2",
    "--test-reporter=spec",
    `--test-timeout=${FILE_LIMIT}`,
    ...options,
    ...files,
  ];
  // Test processes run side by side: one thread each, so that they do not fight for the cores.
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  // Evaluations beside a training have the least priority: beside tests of a higher one they would hardly run.
  setPriority(constants.priority.PRIORITY_LOW);
  const status = run(process.execPath, args, { env, cwd: root });
  if (status !== 0) throw new Stop("", status);
});
