import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import * as gan from "../../../index.js";

const { datasets, defineTerm, importParts, register, RunError, recipes, termNamed, terms, UsageError, z } =
  gan;

const cwd = mkdtempSync(join(tmpdir(), "gantry-plugins-"));
after(() => rmSync(cwd, { recursive: true, force: true }));

function write(name: string, text: string): string {
  mkdirSync(dirname(join(cwd, name)), { recursive: true });
  writeFileSync(join(cwd, name), text);
  return name;
}

/** A term as a plain object, in JavaScript that imports nothing. */
const plain = (name: string) =>
  `{ name: "${name}", summary: "s", source: "own", kind: "regularizer", options: { safeParse: (value) => ({ success: true, data: value }) }, make: () => ({}) }`;

const refused =
  (message: RegExp, kind = UsageError) =>
  (error: Error) => {
    assert.ok(error instanceof kind, error.stack);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  };

test("every definition that a module exports joins its set, and what is none is passed over", async () => {
  const file = write(
    "several.mjs",
    `export default ${plain("own-a")};
     export const b = ${plain("own-b")};
     export const mine = { name: "own-recipe", summary: "s", source: "own", config: {} };
     export const again = b;
     export const points = { name: "own-points", summary: "s", options: { safeParse() {} }, open() {} };
     export const helper = () => 1, number = 2, object = { name: "none" };`,
  );
  const [parts] = await importParts([`./${file}`], cwd);
  const names = parts!.map(({ kind, name }) => `${kind} ${name}`).sort();
  assert.deepEqual(names, ["data set own-points", "recipe own-recipe", "term own-a", "term own-b"]);
  assert.equal((await terms.get("own-a")).summary, "s");
  assert.ok((await recipes.all()).has("own-recipe"));
  assert.ok((await datasets.all()).has("own-points"));
  const all = [...(await terms.all()).keys()];
  assert.deepEqual(all, [...all].sort());
  // The same once more is the same.
  assert.deepEqual(await importParts([join(cwd, file)], "/"), [parts]);
});

test("TypeScript: types, imports of neighbours as .js and .ts, and Gantry itself from a folder without node_modules", async () => {
  write("neighbour.ts", "export const scale: number = 2 satisfies number;\n");
  const file = write(
    "typed.ts",
    `import { defineTerm, z, type Term } from "@gantry/gan";
     import { scale } from "./neighbour.js";
     import { scale as same } from "./neighbour.ts";
     const options = z.strictObject({ weight: z.number().default(scale).describe("w") });
     class Private<T> { private readonly value!: T; declare other: T }
     export const typed = defineTerm({ name: "own-typed", summary: "s", source: "own", kind: "regularizer", options, make: (): Term => ({}) });
     export { defineTerm, same };`,
  );
  await importParts([file], cwd);
  const typed = await terms.get("own-typed");
  assert.deepEqual(typed.options.parse({}), { weight: 2 });
  const module = (await import(join(cwd, file))) as { defineTerm: unknown };
  assert.equal(module.defineTerm, defineTerm, "another copy of Gantry");
});

test("a second copy of Gantry beside the file is not the one that is loaded", async () => {
  write(
    "twice/node_modules/@gantry/gan/package.json",
    '{"name":"@gantry/gan","exports":"./index.js","type":"module"}',
  );
  write("twice/node_modules/@gantry/gan/index.js", 'throw new Error("a second copy");');
  write(
    "twice/term.mjs",
    `import { defineTerm } from "@gantry/gan"; export default defineTerm(${plain("own-twice")});`,
  );
  await importParts(["./twice/term.mjs"], cwd);
  assert.ok((await terms.all()).has("own-twice"));
});

test("a .js is a module where its text is one, whatever the package.json beside says", async () => {
  write("old/package.json", '{"type":"commonjs"}');
  write("old/term.js", `export default ${plain("own-js")};`);
  write("old/common.js", `// import of nothing\nmodule.exports = { term: ${plain("own-common")} };`);
  await importParts(["old/term.js", "./old/common.js"], cwd);
  for (const name of ["own-js", "own-common"]) assert.ok((await terms.all()).has(name), name);
});

test("an installed package, by exports, a subpath, or main; its name and version are kept", async () => {
  write(
    "node_modules/@me/parts/package.json",
    '{"name":"@me/parts","version":"1.2.3","type":"module","exports":{".":{"types":"./x.d.ts","import":"./main.js","require":"./no.cjs"},"./more":"./more.js"}}',
  );
  write("node_modules/@me/parts/main.js", `export * from "./inner.js";`);
  write("node_modules/@me/parts/inner.js", `export const p = ${plain("own-package")};`);
  write("node_modules/@me/parts/more.js", `export const p = ${plain("own-more")};`);
  write("node_modules/plain-parts/package.json", '{"name":"plain-parts","version":"2.0.0","main":"lib"}');
  write("node_modules/plain-parts/lib/index.js", `exports.p = ${plain("own-main")};`);
  await importParts(["@me/parts", "@me/parts/more", "plain-parts"], join(cwd, "old"));
  const { source } = terms.origin("own-package")!;
  assert.equal(source?.package, "@me/parts");
  assert.equal(source?.version, "1.2.3");
  assert.deepEqual(Object.keys(source!.files), ["inner.js", "main.js"]);
  assert.equal(terms.origin("own-main")?.source?.version, "2.0.0");
  assert.equal(terms.origin("own-more")?.source?.package, "@me/parts/more");
});

test("a file is known by the SHA-256 of itself and of all that it imports by relative paths", async () => {
  write("deep/low.json", "{}");
  write("deep/middle.mjs", 'import low from "./low.json" with { type: "json" };\nexport const x = low;');
  write("deep/lazy.mjs", "export const y = 1;");
  const file = write(
    "deep/top/term.mjs",
    `import { x } from '../middle.mjs';\nexport const later = () => import("../lazy.mjs");\nimport "node:fs";\nexport default ${plain("own-deep")};`,
  );
  const { findSource } = await import("./source.js");
  const before = await findSource(file, cwd);
  assert.deepEqual(Object.keys(before.files), ["../lazy.mjs", "../low.json", "../middle.mjs", "term.mjs"]);
  const digest = createHash("sha256")
    .update(readFileSync(join(cwd, file)))
    .digest("hex");
  assert.equal(before.files["term.mjs"], digest);
  const { changedFile } = await import("./source.js");
  assert.equal(changedFile(before, await findSource(file, cwd)), undefined);
  write("deep/low.json", "[]");
  assert.equal(changedFile(before, await findSource(file, cwd)), join(cwd, "deep/low.json"));
});

test("what cannot be imported is refused in one line", async () => {
  const cases: [file: string, text: string | undefined, message: RegExp, kind?: typeof RunError][] = [
    ["./gone.ts", undefined, /^\.\/gone\.ts: no such file/],
    [
      "gantry-gone",
      undefined,
      /^gantry-gone: no file and no installed package .* \.\/gantry-gone\.ts, .*npm install gantry-gone$/,
    ],
    ["./none.ts", "export const x: number = 1;", /^\.\/none\.ts: it exports no definition \(a term,/],
    [
      "./taken.mjs",
      `export default ${plain("r1")};`,
      /^\.\/taken\.mjs: the name of the term 'r1' is taken, by one of Gantry's own/,
    ],
    [
      "./taken2.mjs",
      `export default ${plain("own-a")};`,
      /the name of the term 'own-a' is taken, by \.\/several\.mjs/,
    ],
    ["./odd.mjs", `export default ${plain("a b")};`, /'a b' cannot be called that/],
    [
      "./half.mjs",
      'export default { name: "own-half", make() {} };',
      /^\.\/half\.mjs: the term 'own-half' has no summary \(text\)/,
    ],
    [
      "./bare.mjs",
      `export default { ...${plain("own-bare")}, options: {} };`,
      /has no options \(a z\.strictObject\)/,
    ],
    [
      "./throws.ts",
      'throw new Error("boom\\nand more");',
      /^\.\/throws\.ts: threw as it was loaded: boom$/,
      RunError,
    ],
    [
      "./broken.ts",
      "const a: number = 1;\nconst x: = ;",
      /^\.\/broken\.ts: cannot be loaded: .*\(line 2\)$/,
      RunError,
    ],
    ["./enum.ts", "enum A { x }", /cannot be loaded: .*enum is not supported.*\(line 1\)/, RunError],
    [
      "./broken.mjs",
      "export default = 1;",
      /^\.\/broken\.mjs: cannot be loaded: Unexpected token '='$/,
      RunError,
    ],
    ["./lost.ts", 'import "./nowhere.js";', /^\.\/lost\.ts: cannot be loaded: Cannot find module/, RunError],
    [
      "./usage.ts",
      'import { UsageError } from "@gantry/gan"; throw new UsageError("own words");',
      /^own words$/,
    ],
  ];
  for (const [file, text, message, kind = UsageError] of cases) {
    if (text !== undefined) write(file, text);
    await assert.rejects(importParts([file], cwd), refused(message, kind as typeof UsageError), file);
  }
  assert.ok(!(await terms.all()).has("own-half"));
  await assert.rejects(register({ name: "x", summary: "y" }), refused(/^x: this is no definition/));
});

test("of a module with one name that is taken, nothing is taken in", async () => {
  write("mixed.mjs", `export const fine = ${plain("own-fine")}; export const r1 = ${plain("r1")};`);
  await assert.rejects(importParts(["./mixed.mjs"], cwd), UsageError);
  assert.ok(!(await terms.all()).has("own-fine"));
});

test("--with: a name, a file's one term, or one of several", async () => {
  assert.equal(await termNamed("packing", cwd), "packing");
  write(
    "single.mjs",
    `export default ${plain("own-single")}; export const r = { name: "own-r", summary: "s", source: "o", config: {} };`,
  );
  assert.equal(await termNamed("./single.mjs", cwd), "own-single");
  assert.equal(await termNamed("./several.mjs#own-b", cwd), "own-b");
  await assert.rejects(
    termNamed("./several.mjs", cwd),
    refused(/several terms; name one, as \.\/several\.mjs#own-a: own-a, own-b/),
  );
  await assert.rejects(termNamed("./several.mjs#no", cwd), refused(/no term 'no', only own-a, own-b/));
  write("recipe.mjs", 'export default { name: "own-r2", summary: "s", source: "o", config: {} };');
  await assert.rejects(termNamed("./recipe.mjs", cwd), refused(/exports no term; give it by --import/));
});

test("in code: a configuration that names a term of the caller's trains with it", async () => {
  const weights: number[] = [];
  const own = defineTerm({
    name: "own-drift",
    summary: "keeps scores near 0",
    source: "own",
    kind: "regularizer",
    options: z.strictObject({ weight: z.number().default(1).describe("w") }),
    make: ({ weight }) => ({
      loss(player, play) {
        if (player !== "discriminator") return undefined;
        weights.push(weight);
        return play.judge("discriminator", "real").logits.square().mean().mul(weight);
      },
    }),
  });
  const config = await gan.resolveConfig({
    recipe: "gan",
    preset: "small",
    with: [{ name: "own-drift", options: { weight: 3 } }],
    settings: [{ steps: 2, data: { count: 500 }, samples: 4 }],
    terms: [own],
  });
  for await (const { iteration } of gan.train(config, { terms: [own] })) assert.ok(iteration <= 2);
  assert.deepEqual(weights, [3, 3]);
});
