import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { UsageError } from "@gantry/gan";
import { readCells, spread, standardErrorsApart } from "@gantry/gan/sweep";
import { runStudy } from "./engine/runStudy.js";
import study from "./gaussians.js";

const folder = mkdtempSync(join(tmpdir(), "gantry-study-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("mean, sample standard deviation, distance in standard errors", () => {
  assert.deepEqual(spread([1, 2, 3]), { count: 3, mean: 2, std: 1 });
  assert.equal(spread([4]).std, 0);
  assert.equal(standardErrorsApart(spread([4]), spread([1, 2])), undefined);
  // Differences of 2 with variances 1 of three values each: an error of sqrt(2/3).
  const apart = standardErrorsApart(spread([3, 4, 5]), spread([1, 2, 3])) as number;
  assert.ok(Math.abs(apart - 2 / Math.sqrt(2 / 3)) < 1e-12);
  assert.equal(standardErrorsApart(spread([2, 2]), spread([1, 1])), Number.POSITIVE_INFINITY);
});

test("what is asked for becomes cells; what does not exist is refused", async () => {
  const cells = await study.cells({ seeds: 2, problems: ["mode-ring"], iterations: 7 });
  assert.ok(!cells.some(({ method }) => method === "vaegan" || method === "pacgan3"));
  assert.equal(new Set(cells.map(({ method, seed }) => `${method}${seed}`)).size, cells.length);
  assert.equal((cells[0]!.work.config as { steps: number }).steps, 7);
  await assert.rejects(
    study.cells({ seeds: 1, methods: ["pacgam"] }),
    (error: unknown) => error instanceof UsageError && /did you mean 'pacgan'/.test(error.message),
  );
});

test("a small study from end to end: measured, kept, failures recorded, reported", async () => {
  const request = { seeds: 1, iterations: 20, problems: ["ring"], methods: ["gan", "adaptive-weights"] };
  const cells = await study.cells(request);
  const [first, second] = cells;
  // The second cannot be trained.
  const broken = { ...second!, work: { ...second!.work, config: {} } };
  const told: string[] = [];
  await runStudy(study, [first!, broken], {
    folder,
    jobs: 2,
    onOutcome: ({ cell, status }, _, __, kept) => told.push(`${cell.method} ${status} ${kept}`),
  });
  assert.deepEqual(told.sort(), ["adaptive-weights failed false", "gan done false"]);

  // What was measured is kept, whoever wrote it; what failed or was of another request is measured again.
  const file = join(folder, "ring-gan-0.json");
  await writeFile(file, (await readFile(file, "utf8")).replace(/"seconds":[^,]+/, '"seconds":123'));
  const kept: boolean[] = [];
  const outcomes = await runStudy(study, cells, {
    folder,
    jobs: 1,
    onOutcome: (_outcome, _done, _total, was) => kept.push(was),
  });
  assert.deepEqual(kept, [true, false]);
  assert.deepEqual(
    outcomes.flatMap((outcome) => (outcome.status === "failed" ? [outcome.reason] : [])),
    [],
  );
  assert.equal((await readCells(folder)).length, 2);

  const { text, markdown, data, pictures } = study.report(outcomes);
  const { rows } = data as { rows: { method: string; iterations: number[]; seconds: { mean: number } }[] };
  assert.deepEqual(
    rows.map(({ method, iterations }) => [method, iterations]),
    [
      ["gan", [20]],
      ["adaptive-weights", [20]],
    ],
  );
  assert.equal(rows[0]?.seconds.mean, 123);
  assert.match(text, /^method +seeds +modes +high quality % +reverse KL +iterations$/m);
  assert.match(markdown, /^\| gan \| 1 \| .* \| 20 \|$/m);
  assert.match(markdown, /not the papers' setting/);
  assert.deepEqual([...pictures.keys()], ["ring", "scores"]);
});
