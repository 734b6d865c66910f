import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { PickleGlobal, type PickleHost, type PickleValue, unpickle } from "./pickle.js";
import { formatError, golden, valueOrFormatError } from "./testing/helpers.js";

type Value = PickleValue<never>;

/** Knows one harmless function. */
const host: PickleHost<never> = {
  global: (module, name) =>
    `${module}.${name}` === "m.list" ? new PickleGlobal<never>("m.list", ([list]) => list ?? []) : undefined,
  persistent: () => null,
};

const read = (...parts: (string | number[] | Buffer)[]): Value =>
  unpickle(Buffer.concat([[0x80, 2], ...parts].map((part) => Buffer.from(part as string))), host, "x.pkl");

test("one value in protocols 2 to 5", async () => {
  for (const protocol of [2, 3, 4, 5]) {
    const value = unpickle(await readFile(golden(`protocol${protocol}.pkl`)), host);
    const tuples: Value = [[], [1], [1, 2], [1, 2, 3]];
    assert.deepEqual(
      value,
      new Map<Value, Value>([
        ["a", [1, 300, 70000, -1, 2 ** 31, 2.5]],
        ["t", tuples],
        ["x", "é".repeat(300)],
        ["n", null],
        ["again", tuples],
      ]),
    );
    assert.ok(value instanceof Map && value.get("t") === value.get("again"));
  }
});

test("integers of any length", () => {
  assert.equal(read([0x8a, 0], "."), 0);
  assert.deepEqual(read("(I7\nL-9007199254740993L\nI01\nI00\nl."), [7, -9007199254740993n, true, false]);
  assert.equal(read([0x8a, 1, 0xff], "."), -1);
  assert.equal(read([0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], "."), -(2n ** 63n));
  assert.equal(read([0x8a, 7, 255, 255, 255, 255, 255, 255, 0x1f], "."), Number.MAX_SAFE_INTEGER);
  assert.throws(
    () => read([0x8b, 0, 0, 0, 0x7f], "."),
    formatError(/an integer of 2,130,706,432 bytes is absurd/),
  );
});

test("every misuse of the machine is refused", () => {
  const cases: [(string | number[])[], RegExp][] = [
    [[""], /x.pkl: its pickle is damaged or unusual: it is cut off at byte 2$/],
    [["N"], /cut off/],
    [["."], /a value is missing/],
    [["N.N"], /there is more after its end/],
    [["(0."], /a value is missing/],
    [["N(0."], /a value is missing/],
    [["t."], /a mark is missing/],
    [["Na."], /a value is missing/],
    [["NNa."], /what is appended to is no list/],
    [["](Ne", "("], /cut off/],
    [["]NNs."], /what is filled is no dictionary/],
    [["}(Nu."], /a key has no value/],
    [["](N", [0x90], "."], /what is added to is no set/],
    [["h", [3], "."], /nothing is remembered as 3/],
    [["j", [255, 255, 255, 255], "."], /nothing is remembered as 4294967295/],
    [["q", [0], "."], /a value is missing/],
    [["NNR."], /a call has no arguments/],
    [["N)R."], /what cannot be called is called/],
    [["cos\nsystem\n."], /x.pkl: refused to load os.system: only tensors/],
    [["cos\n\x1b[31m\n."], /refused to load "os.\\u001b\[31m"/],
    [["X", [4, 0, 0, 0], "evilX", [4, 0, 0, 0], "code", [0x93], "."], /refused to load evil.code/],
    [["NN", [0x93], "."], /a global's name is no text/],
    [["cos"], /a name does not end/],
    [["N}b."], /attributes of what has none/],
    [["X", [255, 255, 255, 127], "a."], /cut off/],
    [["X", [1, 0, 0, 0], [0xff], "."], /text is not UTF-8/],
    [[[0x8d, 0, 0, 0, 0, 0, 0, 0, 1], "."], /a length of 72057594037927936 is absurd/],
    [["Ix\n."], /an integer is none/],
    [["P1\n."], /opcode 0x50 is not one of a checkpoint/],
    [[[0x82, 1], "."], /opcode 0x82/],
  ];
  for (const [parts, message] of cases)
    assert.throws(() => read(...parts), formatError(message), String(parts));
  assert.equal(unpickle(Buffer.from("N."), host), null);
  assert.throws(() => unpickle(Buffer.from([0x80, 9]), host), formatError(/protocol 9 is not 2 to 5/));
});

test("a short pickle cannot ask for long work", () => {
  const list = Buffer.concat([Buffer.from("]("), Buffer.alloc(100_000, "N"), Buffer.from("eq\0")]);
  const calls = Buffer.from("cm\nlist\nh\0\x85R0".repeat(1000), "latin1");
  assert.throws(() => read(list, calls, "N."), formatError(/far more than it holds/));
});

test("nesting of any depth neither overflows nor hangs", () => {
  const depth = 200_000;
  let value = read("]".repeat(depth), "a".repeat(depth - 1), ".");
  let found = 1;
  for (; Array.isArray(value) && value.length > 0; value = value[0] as Value) found++;
  assert.equal(found, depth);
});

test("any bytes give a value or a FormatError", async () => {
  const opcodes = Buffer.from(
    "(.012KNRQ]}aebchjqrstu)X\x85\x86\x87\x88\x89\x8a\x8c\x8f\x90\x91\x93\x94\x95\x00\x01\x02",
    "latin1",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...opcodes), { maxLength: 60 }), async (codes) => {
      await valueOrFormatError(() => read(codes));
    }),
    { numRuns: 3000 },
  );
});
