import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { native } from "../src/native.js";
import { parseSchema } from "../src/schema.js";
import { generate } from "./generate.js";
import { operators } from "./operators.js";

const committed = readFileSync(new URL("../../src/ops_gen.ts", import.meta.url), "utf8");
const madeFrom = /schemas of LibTorch (\S+);/.exec(committed.split("\n")[0] ?? "")?.[1];

const skip =
  madeFrom === native.version()
    ? false
    : `ops_gen.ts is from LibTorch ${madeFrom}, this is ${native.version()}`;

test("regenerating gives the committed ops_gen.ts", { skip }, () => {
  assert.ok(generate(operators, native.schemas, native.version()) === committed, "run `npm run codegen`");
});

test("an operator that LibTorch lacks is named", () => {
  assert.throws(() => generate("aten::nonsense", native.schemas, "0"), /no operator aten::nonsense/);
  assert.throws(
    () => generate("aten::add.Tensor x\naten::sub.Tensor x", native.schemas, "0"),
    /do not differ/,
  );
  const three = "aten::add.Tensor x\naten::add.Scalar x\naten::sub.Tensor x";
  assert.throws(() => generate(three, native.schemas, "0"), /at most two/);
});

test("a schema is read: names, types, defaults, keywords, results", () => {
  const schema = parseSchema(
    "aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  );
  assert.deepEqual([schema.name, schema.overload], ["aten::sum", "dim_IntList"]);
  assert.deepEqual(
    schema.arguments.map((a) => [
      a.name,
      a.type.base,
      a.type.list,
      a.type.optional,
      a.type.fixed,
      a.hasDefault,
      a.keywordOnly,
    ]),
    [
      ["self", "Tensor", false, false, false, false, false],
      ["dim", "int", true, true, true, false, false],
      ["keepdim", "bool", false, false, false, true, false],
      ["dtype", "ScalarType", false, true, false, true, true],
    ],
  );
  assert.deepEqual(
    schema.returns.map((r) => r.base),
    ["Tensor"],
  );
});

test("aliases, symbolic integers, optional elements and lists of results are read", () => {
  const inPlace = parseSchema(
    "aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)",
  );
  assert.deepEqual([inPlace.arguments[0]?.type.written, inPlace.returns[0]?.written], [true, true]);
  const view = parseSchema(
    "aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
  );
  assert.deepEqual(
    [view.arguments[0]?.type.written, view.arguments[1]?.type.base, view.returns[0]?.list],
    [false, "int", true],
  );
  const index = parseSchema("aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor");
  assert.deepEqual(
    [index.arguments[1]?.type.optionalElements, index.arguments[1]?.type.optional],
    [true, false],
  );
  const pad = parseSchema('aten::f(int[2] pad=[0, 0], str mode="a,b", float eps=1e-05) -> ()');
  assert.deepEqual(
    pad.arguments.map((a) => a.name),
    ["pad", "mode", "eps"],
  );
  assert.equal(pad.returns.length, 0);
  const two = parseSchema("aten::sort(Tensor self, int dim=-1) -> (Tensor values, Tensor indices)");
  assert.equal(two.returns.length, 2);
});

test("what is no schema is refused", () => {
  for (const text of ["", "aten::f", "aten::f(Tensor x)", "f(Tensor -> Tensor", "aten::f(!! x) -> Tensor"])
    assert.throws(() => parseSchema(text), /cannot read/);
});

test("every schema that can be written is read as it was meant", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
  const base = fc.constantFrom(
    "Tensor",
    "int",
    "float",
    "bool",
    "Scalar",
    "str",
    "ScalarType",
    "Device",
    "Generator",
  );
  const type = fc.record({
    base,
    list: fc.boolean(),
    optional: fc.boolean(),
    optionalElements: fc.boolean(),
    fixed: fc.boolean(),
    written: fc.boolean(),
  });
  const argument = fc.record({
    name,
    type,
    default: fc.option(fc.constantFrom("1", "None", "[0, 1]", "True", '"a"')),
  });
  const schema = fc.record({
    operator: name,
    overload: fc.option(name),
    positional: fc.array(argument, { maxLength: 6 }),
    keywords: fc.array(argument, { maxLength: 4 }),
    results: fc.array(type, { maxLength: 3 }),
  });
  const typeText = (t: {
    base: string;
    list: boolean;
    optional: boolean;
    optionalElements: boolean;
    fixed: boolean;
    written: boolean;
  }) =>
    `${t.base}${t.written ? "(a!)" : ""}${
      t.list ? `${t.optionalElements ? "?" : ""}[${t.fixed ? 2 : ""}]` : ""
    }${t.optional ? "?" : ""}`;
  fc.assert(
    fc.property(schema, (s) => {
      const write = (a: (typeof s.positional)[number]) =>
        `${typeText(a.type)} ${a.name}${a.default === null ? "" : `=${a.default}`}`;
      const parts = s.positional.map(write);
      if (s.keywords.length > 0) parts.push("*", ...s.keywords.map(write));
      const results = s.results.map(typeText);
      const text = `ns::${s.operator}${s.overload === null ? "" : `.${s.overload}`}(${parts.join(", ")}) -> ${
        results.length === 1 ? results[0] : `(${results.join(", ")})`
      }`;
      const read = parseSchema(text);
      assert.equal(read.name, `ns::${s.operator}`);
      assert.equal(read.overload, s.overload ?? "");
      const expected = [
        ...s.positional.map((a) => ({ ...a, keywordOnly: false })),
        ...s.keywords.map((a) => ({ ...a, keywordOnly: true })),
      ];
      assert.equal(read.arguments.length, expected.length);
      for (const [i, a] of expected.entries()) {
        const t = a.type;
        assert.deepEqual(read.arguments[i], {
          name: a.name,
          type: {
            ...t,
            optionalElements: t.list && t.optionalElements,
            fixed: t.list && t.fixed,
          },
          hasDefault: a.default !== null,
          keywordOnly: a.keywordOnly,
        });
      }
      assert.deepEqual(
        read.returns.map((r) => r.base),
        s.results.map((r) => r.base),
      );
    }),
  );
});
