import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gantry, succeed, temporaryFolder } from "../testing/harness.js";

/** Names every module that a process loads, by its address, on standard error. */
const tell = (() => {
  const data = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const hooks =
    'export async function load(url, context, next) { process._rawDebug("loads " + url); return next(url, context); }';
  return data(`import { register } from "node:module"; register(${JSON.stringify(data(hooks))});`);
})();

async function loadedBy(args: readonly string[], cwd = "."): Promise<string[]> {
  const { status, stderr } = await gantry(args, {
    cwd,
    environment: { NODE_OPTIONS: `--import ${tell}` },
  });
  assert.equal(status, 0, stderr);
  const urls = [...stderr.matchAll(/^loads (.*)$/gm)].map(([, url = ""]) => url);
  assert.ok(
    urls.some((url) => url.endsWith("/cli/dist/index.js")),
    stderr,
  );
  return urls;
}

const commandsOf = (urls: readonly string[]) =>
  urls.map((url) => /\/cli\/dist\/commands\/(.*)\.js$/.exec(url)?.[1]).filter((name) => name !== undefined);

test("help loads neither LibTorch nor what stands on it", async () => {
  const urls = await loadedBy(["--help"]);
  // The four of the other room are a few lines each, and import nothing.
  const few =
    /^node:|^data:|\/packages\/cli\/|\/node_modules\/commander\/|\/gan\/dist\/core\/base\/(amount|number|signals|shellWord)\.js$|\/formats\/dist\/amount\.js$/;
  const others = urls.filter((url) => !few.test(url));
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
