// `npm run matrix [-- NAME... --files FILTER]`: sets up, builds and tests Gantry in other environments, each a file in
// matrix/environments, each in a folder of its own under .matrix; bench/matrix.md says what came of it.
//   --files FILTER   runs the test files whose path contains it alone, several apart by commas, and records nothing
//   --where-found    an environment that cannot be had here is passed over with a line; records nothing
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Absent } from "./matrix/absent.mjs";
import { copyTree } from "./matrix/copy.mjs";
import { record, summary } from "./matrix/results.mjs";
import { logged } from "./matrix/session.mjs";
import { root, Stop, script } from "./shared.mjs";

const environments = join(root, "scripts/matrix/environments");

function wanted() {
  const names = readdirSync(environments)
    .map((file) => file.replace(/\.mjs$/, ""))
    .sort();
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { files: { type: "string" }, "where-found": { type: "boolean" } },
  });
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Stop(`no environment ${unknown.join(", ")}; there are ${names.join(", ")}`, 2);
  return {
    names: positionals.length > 0 ? positionals : names,
    files: values.files?.split(",") ?? [],
    whereFound: values["where-found"] === true,
  };
}

/** Makes the environment, builds there, tests there. @returns what came of it */
async function tryOne(name, files) {
  const { default: environment } = await import(`./matrix/environments/${name}.mjs`);
  const folder = join(root, ".matrix", environment.folder ?? name);
  mkdirSync(folder, { recursive: true });
  console.log(`\n${name}: ${environment.summary} (${folder})`);
  const session = await environment.prepare(folder);
  copyTree(session.checkout);
  await session.copied?.();
  const log = join(root, ".matrix", `${name}.log`);
  const setup = await logged(session, ["scripts/setup.mjs"], log);
  if (setup.status !== 0) return { name, environment, log, broken: "it was not built" };
  const filters = files.length > 0 ? files : (environment.files ?? []);
  const tests = await logged(session, ["scripts/test.mjs", ...filters], log);
  const doctor = await logged(
    session,
    ["packages/cli/bin/gantry.mjs", "doctor", "--json", "--no-speed"],
    log,
  );
  return { name, environment, log, ...summary(tests.text, doctor.text), exit: tests.status };
}

script(async () => {
  const { names, files, whereFound } = wanted();
  if (!existsSync(join(root, ".git")))
    throw new Stop("the matrix copies what git tracks: run it in a clone", 2);
  const results = [];
  for (const name of names) {
    try {
      const result = await tryOne(name, files);
      results.push(result);
      if (files.length === 0 && !whereFound) record(result);
    } catch (error) {
      if (!(error instanceof Absent) && !(error instanceof Stop)) throw error;
      if (error instanceof Absent && whereFound) console.log(`${name}: passed over: ${error.message}`);
      else results.push({ name, broken: error.message });
    }
  }
  console.log("");
  for (const { name, broken, passed, failed, skipped, log } of results)
    console.log(
      broken === undefined
        ? `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped (${log})`
        : `${name}: ${broken}${log === undefined ? "" : ` (${log})`}`,
    );
  if (results.some(({ broken, exit }) => broken !== undefined || exit !== 0)) throw new Stop("", 1);
});
