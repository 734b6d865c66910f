import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gantry, succeed, temporaryFolder } from "../testing/harness.js";

/** Names every module that a process loads, by its address, on standard error. */
const tell = (() => {
  const data = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const seen =
    "const libraries = () => process.report.getReport().sharedObjects.filter((each) => /torch|\\.node$/.test(each));" +
    'process.on("exit", () => { for (const each of libraries()) process._rawDebug("shares " + each);' +
    'for (const each of process.moduleLoadList) process._rawDebug("builtin " + each); });';
  const hooks =
    'export async function load(url, context, next) { process._rawDebug("loads " + url); return next(url, context); }';
  return data(`import { register } from "node:module"; register(${JSON.stringify(data(hooks))});${seen}`);
})();

/** What a command writes on standard error, its modules and libraries among it. */
async function told(args: readonly string[], cwd: string, expected = 0): Promise<string> {
  const { status, stderr } = await gantry(args, {
    cwd,
    environment: { NODE_OPTIONS: `--import ${tell}` },
  });
  assert.equal(status, expected, stderr);
  return stderr;
}

const temporary = temporaryFolder();

async function loadedBy(args: readonly string[], cwd = "."): Promise<string[]> {
  const stderr = await told(args, cwd);
  const urls = [...stderr.matchAll(/^loads (.*)$/gm)].map(([, url = ""]) => url);
  assert.ok(
    urls.some((url) => url.endsWith("/cli/dist/index.js")),
    stderr,
  );
  return urls;
}

/** Modules of the other rooms that import nothing heavy. */
const LIGHT =
  /^node:|^data:|\/packages\/cli\/|\/node_modules\/commander\/|\/gan\/dist\/core\/base\/(amount|errors|nearest|number|shellWord|signals|unknown)\.js$|\/gan\/dist\/core\/data\/(home|places)\.js$|\/gan\/dist\/train\/ranks\/(index|launch|place)\.js$|\/formats\/dist\/amount\.js$/;

const commandsOf = (urls: readonly string[]) =>
  urls.map((url) => /\/cli\/dist\/commands\/(.*)\.js$/.exec(url)?.[1]).filter((name) => name !== undefined);

test("help loads neither LibTorch nor what stands on it", async () => {
  const urls = await loadedBy(["--help"]);
  const others = urls.filter((url) => !LIGHT.test(url));
  assert.deepEqual(others, []);
  assert.ok(commandsOf(urls).length > 10, "help is of every command");
});

test("a command loads no other command", async () => {
  assert.deepEqual(commandsOf(await loadedBy(["--debug", "train", "--help"])), ["train"]);
});

test("what reads TypeScript is loaded only where a file of it is named", async () => {
  const cwd = temporaryFolder();
  await succeed(["new", "recipe", "own-gan"], { cwd });
  const reads = /\/base\/plugins\/(typescript|hooks)\.js$|wasm-typescript/;
  const plain = await loadedBy(["recipes"], cwd);
  assert.deepEqual(
    plain.filter((url) => reads.test(url)),
    [],
  );
  const typed = await loadedBy(["recipes", "--import", "./own-gan.ts"], cwd);
  assert.ok(typed.some((url) => url.endsWith("/plugins/typescript.js")));
  // In the hooks' own thread, which only hooks before it see.
  writeFileSync(
    join(cwd, "own.mjs"),
    'export default { name: "own", summary: "s", source: "own", config: {} };\n',
  );
  const script = await loadedBy(["recipes", "--import", "./own.mjs"], cwd);
  assert.deepEqual(
    script.filter((url) => url.includes("wasm-typescript")),
    [],
  );
});

for (const [words, status] of [
  ["recipes", 0],
  ["recipes --json", 0],
  ["terms", 0],
  ["terms show infomax", 0],
  ["data", 0],
  ["study", 0],
  ["completion bash", 0],
  ["recipes show dcgna", 2],
  ["terms show hing", 2],
  ["study gausians", 2],
  ["recipes shwo", 2],
  ["sweep gan,wagn", 2],
  ["recipes show dcgan --preset smal", 2],
  ["sample runs/nowhere --out grid.png", 2],
  ["resume runs/nowhere@20", 2],
  ["train dcgna", 2],
  ["train gan --presett small", 2],
  ["train gan --preset smal", 2],
  ["train gan --with infomx", 2],
  ["train gan --with r1:gama=3", 2],
  ["train gan --data rnig", 2],
  ["train gan --eval-every 5 --metrics fad", 2],
  ["train gan --set schedule.discriminatorStep=2", 2],
] as const)
  test(`gantry ${words} loads neither the engine, nor the addon, nor what talks to others`, async () => {
    const stderr = await told(words.split(" "), temporary, status);
    const of = (what: string) =>
      [...stderr.matchAll(new RegExp(`^${what} (.*)$`, "gm"))].map(([, each = ""]) => each);
    assert.deepEqual(
      of("loads").filter((url) => !LIGHT.test(url)),
      [],
    );
    assert.deepEqual(of("shares"), []);
    const network = /NativeModule (http|https|http2|tls)$/;
    assert.deepEqual(
      of("builtin").filter((name) => network.test(name)),
      [],
    );
    assert.ok(of("loads").length > 5 && of("builtin").length > 20, "the hooks tell");
  });

test("train says what begins before the engine is loaded", async () => {
  const stderr = await told(
    ["train", "gan", "--preset", "small", "--steps", "1", "--set", "samples=4"],
    temporary,
  );
  const [said, engine] = [stderr.indexOf("Starting gan, preset small"), stderr.indexOf("/torch/dist/")];
  assert.ok(said >= 0 && engine >= 0 && said < engine, `${said}, ${engine}`);
  assert.match(stderr, /^shares .*torch/m, "the hooks tell of the addon");
});
