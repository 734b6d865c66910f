import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { decodeNpy, toFloat32 } from "@gantry/formats";
import { startStudio } from "../index.js";
import { madeFolder, makeRun } from "../testing/runs.js";

const { folder, remove } = madeFolder();
after(remove);
const LOG = join(folder, "calls.txt");

/** In the command's place: notes its words, and writes what it is asked to write. */
const PROGRAM = `
const { appendFileSync, copyFileSync, writeFileSync } = require("node:fs");
const words = process.argv.slice(1);
appendFileSync(${JSON.stringify(LOG)}, JSON.stringify(words) + "\\n");
const after = (flag) => words[words.indexOf(flag) + 1];
if (words.includes("discriminator")) { console.error("gantry: D judges packs, and cannot be taken out"); process.exit(2); }
if (words[0] === "export") writeFileSync(after("--onnx"), "model of " + words[1]);
else { copyFileSync(after("--latents"), ${JSON.stringify(join(folder, "latents.npy"))}); writeFileSync(after("--out"), "picture"); }
`;
const calls = () =>
  existsSync(LOG)
    ? readFileSync(LOG, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as string[])
    : [];

test("a checkpoint's networks are exported once each, and the nearest images asked for by the command", async () => {
  const run = await makeRun(folder, "dcgan-0", { iteration: 200 });
  const studio = await startStudio({ folder, port: 0, gantry: [process.execPath, "-e", PROGRAM] });
  const { origin, searchParams } = new URL(studio.address);
  const headers = { authorization: `Bearer ${searchParams.get("token")}` };
  const ask = (path: string, init: RequestInit = {}) => fetch(origin + path, { ...init, headers });
  for (let i = 0; i < 2; i++)
    assert.equal(await (await ask("/model/generator/100/dcgan-0")).text(), `model of ${run}@100`);
  assert.equal(calls().length, 1);
  const [words = []] = calls();
  assert.deepEqual([words[0], words[1], words.at(-1)], ["export", `${run}@100`, "generator"]);
  const refused = await ask("/model/discriminator/100/dcgan-0");
  assert.equal(refused.status, 409);
  assert.deepEqual(await refused.json(), { message: "D judges packs, and cannot be taken out" });
  assert.equal((await ask("/model/encoder/100/dcgan-0")).status, 404);

  const nearest = (body: object) =>
    ask("/nearest/200/dcgan-0", { method: "POST", body: JSON.stringify(body) });
  assert.equal(await (await nearest({ latents: [0.5, -1, 2, 3], size: 2 })).text(), "picture");
  assert.deepEqual(calls().at(-1)?.slice(0, 3), ["sample", `${run}@200`, "--latents"]);
  assert.ok(calls().at(-1)?.includes("--nearest"));
  const written = decodeNpy(readFileSync(join(folder, "latents.npy")));
  assert.deepEqual(
    [written.shape, [...toFloat32(written)]],
    [
      [2, 2],
      [0.5, -1, 2, 3],
    ],
  );
  for (const wrong of [
    { latents: [1, 2, 3], size: 2 },
    { latents: "x", size: 1 },
    { latents: [], size: 1 },
  ])
    assert.equal((await nearest(wrong)).status, 409);
  assert.equal((await ask("/assets/runtime.js")).headers.get("content-type"), "text/javascript");
  const place = words[3]!;
  assert.ok(existsSync(place));
  await studio.close();
  assert.ok(!existsSync(place), "the files go with the studio");
});
