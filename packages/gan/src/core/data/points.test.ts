import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { encodeNpy } from "@gantry/formats";
import { temporaryFolder } from "../../testing/datasets.js";
import { isPoints } from "./dataset.js";
import { openDataset } from "./open.js";

const root = await temporaryFolder();
const open = (path: string) => openDataset({ path }, { cwd: root, home: root });
const write = (name: string, content: string | Uint8Array) => writeFile(join(root, name), content);

test("points of a CSV, with and without a line of names, by whatever stands between", async () => {
  const expected = [0.5, -1.25, 3, 4e-2, -7, 8];
  for (const [name, text] of [
    ["named.csv", "x,y\n0.5,-1.25\n3,4e-2\n-7,8\n"],
    ["bare.csv", "0.5, -1.25\r\n3, 0.04\r\n\r\n-7,8"],
    ["tabs.tsv", "\uFEFF0.5\t-1.25\n# a remark\n3\t0.04\n-7\t8\n"],
    ["german.csv", "0.5;-1.25\n3;0.04\n-7;8"],
  ] as const) {
    await write(name, text);
    const set = await open(name);
    assert.deepEqual(
      [set.kind, set.count, set.shape, set.name, isPoints(set)],
      ["points", 3, [2], name, false],
      name,
    );
    assert.deepEqual([...set.read([0, 1, 2])], [...Float32Array.from(expected)], name);
  }
});

test("points of NumPy, of any type of numbers", async () => {
  const double = {
    dtype: "float64" as const,
    shape: [2, 2],
    data: new Uint8Array(Float64Array.from([1, 2, 3, -4]).buffer),
  };
  await write("double.npy", encodeNpy(double));
  assert.deepEqual([...(await open("double.npy")).read([1, 0])], [3, -4, 1, 2]);
  const whole = {
    dtype: "int64" as const,
    shape: [1, 2],
    data: new Uint8Array(BigInt64Array.from([5n, -6n]).buffer),
  };
  await write("whole.npy", encodeNpy(whole));
  assert.deepEqual([...(await open("whole.npy")).read([0])], [5, -6]);
});

test("what is no points is refused by the line or the shape", async () => {
  await write("bad.csv", "1,2\n3,four\n");
  await assert.rejects(open("bad.csv"), /bad\.csv.*line 2 is not two numbers: '3,four'/s);
  await write("three.csv", "1,2,3\n");
  await assert.rejects(open("three.csv"), /line 1 is not two numbers/);
  await write("empty.csv", "x,y\n");
  await assert.rejects(open("empty.csv"), /holds no points/);
  await write("endless.csv", "1,Infinity\n");
  await assert.rejects(open("endless.csv"), /point 0 \(from 0\) is not finite/);
  await write("cube.npy", encodeNpy({ dtype: "float32", shape: [1, 2, 2], data: new Uint8Array(16) }));
  await assert.rejects(open("cube.npy"), /N x 2, not 1 x 2 x 2/);
});
