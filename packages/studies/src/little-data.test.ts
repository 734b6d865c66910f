import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "@gantry/gan";
import type { Cell, Outcome } from "@gantry/gan/sweep";
import type { Result } from "./little-data/measure.js";
import study from "./little-data.js";

/** A training whose FID was 90 halfway. */
const done = (cell: Cell, fid: number): Outcome<Result> => ({
  cell,
  status: "done",
  result: {
    scores: [
      { iteration: 1000, fid: 90 },
      { iteration: 2000, fid },
    ],
    picture: Buffer.from("a picture").toString("base64"),
  },
});

test("each method on the same thousand images, by the same seeds; nothing else differs", async () => {
  const cells = await study.cells({ seeds: 2 });
  assert.equal(cells.length, 2 * study.methods.length);
  const bare = ({ work }: Cell) => {
    const { config, ...others } = work as { config: { terms: object; recipe: object; seed: number } };
    const { terms: _, recipe: __, ...same } = config;
    return { ...others, same };
  };
  for (const seed of [0, 1]) {
    const [first, ...rest] = cells.filter((cell) => cell.seed === seed);
    for (const cell of rest) assert.deepEqual(bare(cell), bare(first as Cell), cell.method);
  }
  await assert.rejects(study.cells({ seeds: 1, iterations: 5 }), UsageError);
});

test("FID of each over seeds, and whether it is another than without: beyond three standard errors", async () => {
  const cells = await study.cells({ seeds: 3, methods: ["none", "mirror", "top-k", "lecam"] });
  const fids: Readonly<Record<string, readonly number[]>> = {
    none: [100, 102, 98],
    mirror: [80, 82, 78],
    "top-k": [99, 103, 98],
    lecam: [120, 124, 116],
  };
  const outcomes = cells.map((cell) => done(cell, fids[cell.method]![cell.seed]!));
  const { markdown, data, pictures } = study.report(outcomes);
  const { rows } = data as { rows: string[][] };
  assert.deepEqual(
    rows.map(([name, seeds, , end, word]) => [name?.split(":")[0], seeds, end, word]),
    [
      ["none", "3", "100.0 ± 2.0", "-"],
      ["mirror", "3", "80.0 ± 2.0", "better"],
      ["lecam", "3", "120.0 ± 4.0", "worse"],
      ["top-k", "3", "100.0 ± 2.6", "undecided"],
    ],
  );
  assert.ok(markdown.includes("![lecam](lecam.png)"));
  assert.equal(Buffer.from(pictures.get("mirror") as Uint8Array).toString(), "a picture");
});
