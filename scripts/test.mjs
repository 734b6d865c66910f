// `npm test [-- FILTER... --node-options]`: set-up, then every test file whose path contains a filter (all without).
import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { filesUnder, root, run, runScript, Stop, script } from "./shared.mjs";

/** Milliseconds that a file of tests may take, on a busy machine too: then it is ended, and has failed. */
const FILE_LIMIT = 600_000;

/** Compiled tests that still have their source: the compiler leaves the results of deleted files behind. */
function testFiles() {
  const files = filesUnder(join(root, "packages")).filter(
    (path) => path.endsWith(".test.js") && !path.includes(`${sep}node_modules${sep}`),
  );
  return files.filter((path) => {
    const [, name, dist, ...rest] = relative(root, path).split(sep);
    if (dist !== "dist") return false;
    const source = join(...rest).replace(/\.js$/, ".ts");
    return ["", "src"].some((folder) => existsSync(join(root, "packages", name, folder, source)));
  });
}

script(() => {
  const given = process.argv.slice(2);
  const options = given.filter((arg) => arg.startsWith("-"));
  const filters = given.filter((arg) => !arg.startsWith("-"));
  runScript("setup.mjs");
  const all = testFiles();
  const files = all.filter(
    (path) => filters.length === 0 || filters.some((filter) => relative(root, path).includes(filter)),
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
  const status = run(process.execPath, args, { env });
  if (status !== 0) throw new Stop("", status);
});
