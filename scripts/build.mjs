// `npm run build`: TypeScript, then the native part through node-gyp when its sources or LibTorch changed. One native build
// serves every Node: it is written to Node-API alone.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findLibtorch } from "../packages/torch/scripts/find-libtorch.mjs";
import { ask, filesUnder, hashOf, nodeHeaders, root, run, Stop, script } from "./shared.mjs";

const torch = join(root, "packages/torch");
const stamp = join(torch, "build/Release/gantry_torch.stamp");
const binary = join(torch, "build/Release/gantry_torch.node");

function locateLibtorch() {
  try {
    return findLibtorch();
  } catch (error) {
    throw new Stop(error.message);
  }
}

/** The stamp's two parts: what the compiler is told, and what it reads. */
function state(found) {
  const how = ["binding.gyp", "scripts/find-libtorch.mjs", "scripts/libtorch-flags.mjs"].map((name) =>
    join(torch, name),
  );
  const { mtimeMs, size } = statSync(found.library);
  const setup = hashOf(how, JSON.stringify(found), mtimeMs, size);
  return { setup, all: hashOf(filesUnder(join(torch, "native")), setup) };
}

function readStamp() {
  try {
    statSync(binary);
    return JSON.parse(readFileSync(stamp, "utf8"));
  } catch {
    return {};
  }
}

async function buildNative() {
  const found = locateLibtorch();
  const now = state(found);
  const name = `LibTorch ${found.version} (${found.source}, ${found.root})`;
  const before = readStamp();
  if (before.all === now.all) return;
  for (const tool of process.platform === "darwin" ? ["make"] : ["g++", "make"]) {
    if (ask(tool, ["--version"]) === undefined)
      throw new Stop(
        `${tool} was not found: run \`npm run setup\` (or: sudo apt-get install g++ make python3)`,
      );
  }
  const was = before.libtorch === undefined || before.libtorch === name ? "" : `; it was ${before.libtorch}`;
  console.log(`building the native part against ${name}${was}`);
  const gyp = join(root, "node_modules/node-gyp/bin/node-gyp.js");
  // Another LibTorch makes every object file stale, which make cannot see; a changed source it can. Of a checkout that was moved
  // or copied the Makefile names what it needs from where it lay.
  const made =
    before.setup === now.setup && before.folder === torch && existsSync(join(torch, "build/Makefile"));
  const steps = made ? ["build"] : ["rebuild"];
  // In a container there may be less than the machine's processors. What tells it has just been built.
  const { machine } = await import("../packages/torch/dist/src/limits.js");
  const jobs = String(Math.min(4, machine().threads));
  const headers = nodeHeaders();
  if (headers === undefined)
    console.log("Node's headers are not beside the node program: node-gyp fetches them");
  const where = headers === undefined ? [] : ["--nodedir", headers];
  const args = [gyp, ...steps, ...where, "--jobs", jobs, "--loglevel", "warn"];
  const status = run(process.execPath, args, { cwd: torch });
  if (status !== 0) {
    const help =
      headers === undefined
        ? "; Node's headers come with Node from nodejs.org, and with Debian's libnode-dev"
        : "";
    throw new Stop(`the native build failed (see above)${help}`, status);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ ...now, libtorch: name, folder: torch }));
}

script(async () => {
  if (ask(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--version"]) === undefined)
    throw new Stop("npm's packages are not installed: run `npm run setup`");
  const status = run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  if (status !== 0) throw new Stop("the type check failed (see above)", status);
  await buildNative();
});
