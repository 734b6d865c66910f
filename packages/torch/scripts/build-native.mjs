// The native part: one call of the compiler for each file of native/, one of the linker. Files are compiled again when they,
// a header of Gantry's that they include, the compiler or the LibTorch changed. One build serves every Node: it is written
// to Node-API alone.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { compileFlags, compiler, groupFlags, linkFlags, searchFlags } from "./compiler.mjs";
import { findLibtorch } from "./find-libtorch.mjs";
import { addonFile, packageRoot, SETUP } from "./installation.mjs";
import { ask, filesUnder, hashOf, Stop } from "./process.mjs";
import { CLOSE, FOLDER_PLACEHOLDER, OPEN, ROOM, recordOf } from "./record.mjs";

const native = join(packageRoot, "native");
const objects = join(packageRoot, "build/objects");
const stamp = addonFile.replace(/\.node$/, ".stamp");

/** The only file that knows where LibTorch lies: all others are the same wherever that is. */
const RECORD = join(native, "bindings/record.cc");

/** The only file for which it matters whether gloo's headers are there. */
const DISTRIBUTED = join(native, "bindings/distributed.cc");

/** Builds what is loaded here, unless it is up to date. @throws Stop */
export async function buildNative() {
  const found = locate();
  const name = `LibTorch ${found.version} (${found.source}, ${found.root})`;
  const cxx = compiler();
  const now = stateOf(found, cxx);
  const before = readStamp();
  if (before.all === now.all) return;
  const was = before.libtorch === undefined || before.libtorch === name ? "" : `; it was ${before.libtorch}`;
  console.log(`building the native part against ${name}${was}`);
  const record = `${OPEN}${recordOf(found).join("\n")}${CLOSE}`;
  const search = found.root === "/usr" ? [] : searchFlags(found.lib);
  try {
    await link(found, await compileAll(found, cxx, now.setup, record), search, addonFile);
    writeFileSync(stamp, JSON.stringify({ ...now, libtorch: name }));
  } catch (error) {
    if (error.code !== "EACCES" && error.code !== "EROFS") throw error;
    throw new Stop(`${packageRoot} may not be written to: run this as whoever installed it`);
  }
}

/**
 * Builds for machines whose LibTorch is of the same kind and elsewhere: with room for what scripts/prebuilt.mjs writes there.
 * @returns the LibTorch that it was built against
 */
export async function buildForOthers(file) {
  const found = locate();
  const cxx = compiler();
  const record = `${OPEN}${"#".repeat(ROOM)}${CLOSE}`;
  const compiled = await compileAll(found, cxx, stateOf(found, cxx).setup, record);
  await link(found, compiled, [...searchFlags(FOLDER_PLACEHOLDER), "-s"], file);
  return found;
}

function locate() {
  try {
    return findLibtorch();
  } catch (error) {
    throw new Stop(error.message);
  }
}

/** The stamp's two parts: what the compiler is told, and what it reads. */
function stateOf(found, cxx) {
  const how = ["build-native.mjs", "compiler.mjs", "find-libtorch.mjs", "record.mjs"].map((name) =>
    join(packageRoot, "scripts", name),
  );
  const { mtimeMs, size } = statSync(found.library);
  const setup = hashOf(packageRoot, how, JSON.stringify(found), mtimeMs, size, cxx);
  return { setup, all: hashOf(packageRoot, filesUnder(native), setup, ...groupFlags(found)) };
}

function readStamp() {
  try {
    statSync(addonFile);
    return JSON.parse(readFileSync(stamp, "utf8"));
  } catch {
    return {};
  }
}

/** @returns the object files */
async function compileAll(found, cxx, setup, record) {
  if (cxx === undefined)
    throw new Stop(
      `no C++ compiler was found: run \`${SETUP}\` (or: sudo apt-get install g++), or name one in $CXX`,
    );
  const version = ask(cxx[0], [...cxx.slice(1), "--version"]);
  if (version === undefined) throw new Stop(`CXX=${cxx.join(" ")}: there is no such compiler`);
  mkdirSync(objects, { recursive: true });
  const flags = [...compileFlags(found), `-I${native}`];
  const jobs = filesUnder(native)
    .filter((file) => file.endsWith(".cc"))
    .map((source) => {
      const own =
        source === RECORD
          ? [`-DGANTRY_LIBTORCH_RECORD=${JSON.stringify(record)}`]
          : source === DISTRIBUTED
            ? groupFlags(found)
            : [];
      const object = join(
        objects,
        `${relative(native, source).replaceAll(/[\\/]/g, "-").slice(0, -".cc".length)}.o`,
      );
      const args = [...flags, ...own];
      return { source, object, args, told: [setup, version, ...args] };
    });
  const stale = jobs.filter((job) => !isFresh(job));
  let done = 0;
  const waiting = [...stale];
  const worker = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await compile(cxx, job)
        .catch((error) => withoutGroups(cxx, job, flags, error))
        .catch((error) => {
          waiting.length = 0;
          throw error;
        });
      showProgress(++done, stale.length);
    }
  };
  // A compiler of LibTorch's headers takes up to a gigabyte.
  const workers = Math.min(4, availableParallelism(), stale.length);
  const ends = await Promise.allSettled(Array.from({ length: workers }, worker));
  const failed = ends.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return jobs.map(({ object }) => object);
}

/** A gloo whose headers this LibTorch's do not go with costs process groups, and nothing else. */
async function withoutGroups(cxx, job, args, error) {
  if (job.source !== DISTRIBUTED || job.args.length === args.length) throw error;
  console.log("the system's libgloo-dev does not go with this LibTorch: Gantry is built without --processes");
  await compile(cxx, { ...job, args });
}

function showProgress(done, total) {
  if (process.stdout.isTTY)
    process.stdout.write(`\r${done} of ${total} files compiled${done === total ? "\n" : ""}`);
  else if (done % 10 === 0 || done === total) console.log(`${done} of ${total} files compiled`);
}

async function compile(cxx, { source, object, args, told }) {
  // The object gets its name when it is whole: a build that is ended leaves none that is taken for one.
  const part = `${object}.part`;
  const list = `${object}.d`;
  await call([...cxx, ...args, "-MMD", "-MF", list, "-MT", "object", "-c", source, "-o", part]);
  const read = headersIn(readFileSync(list, "utf8"));
  renameSync(part, object);
  writeFileSync(
    `${object}.json`,
    JSON.stringify({ read, hash: hashOf(packageRoot, absolute(read), ...told) }),
  );
}

function isFresh({ object, told }) {
  try {
    const { read, hash } = JSON.parse(readFileSync(`${object}.json`, "utf8"));
    return existsSync(object) && hash === hashOf(packageRoot, absolute(read), ...told);
  } catch {
    // Never compiled, or a header that it read is gone.
    return false;
  }
}

const absolute = (names) => names.map((name) => join(packageRoot, name));

/** Gantry's own files out of the compiler's list for make: LibTorch's are known by its version and library. */
function headersIn(list) {
  return list
    .replaceAll("\\\n", " ")
    .replace(/^object:/, "")
    .split(/(?<!\\)\s+/)
    .filter((name) => name !== "")
    .map((name) => resolve(name.replaceAll("\\ ", " ")))
    .filter((path) => path.startsWith(native))
    .map((path) => relative(packageRoot, path));
}

async function link(found, compiled, search, file) {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.part`;
  await call([...compiler(), "-o", part, ...compiled, ...linkFlags(found), ...search]);
  // A program that has the old one loaded keeps it.
  renameSync(part, file);
}

/** One call of the compiler, whose words come out whole when it ends. @throws Stop */
function call([program, ...args]) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd: packageRoot, stdio: ["ignore", "pipe", "pipe"] });
    const heard = [];
    child.stdout.on("data", (chunk) => heard.push(chunk));
    child.stderr.on("data", (chunk) => heard.push(chunk));
    child.on("error", (error) => fail(new Stop(`${program} does not start: ${error.message}`)));
    child.on("close", (status, signal) => {
      process.stderr.write(Buffer.concat(heard));
      if (status === 0) done();
      else if (signal === null) fail(new Stop("the native build failed (see above)"));
      else fail(new Stop(`${program} was ended by ${signal}: memory may have run out`));
    });
  });
}
