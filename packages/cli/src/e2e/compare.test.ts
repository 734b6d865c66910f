import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { inProcess, parseLines, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const runs = ["runs/gan-ring-0", "runs/gan-ring-1", "runs/packed"];
before(async () => {
  const common = ["train", "gan", ...QUICK, "--steps", "4", "--set", "intervals.log=2"];
  await succeed([...common], { cwd });
  await succeed([...common, "--seed", "1"], { cwd });
  await succeed([...common, "--with", "packing", "--out", "runs/packed"], { cwd });
  for (const [i, run] of ["runs/gan-ring-0", "runs/packed"].entries()) {
    const scores = [
      {
        name: "fid[digits-cnn]",
        better: "lower",
        value: 10 + i,
        samples: { fake: 100, real: 100 },
        conventions: {},
      },
    ];
    await writeFile(join(cwd, run, "report.json"), JSON.stringify({ scores }));
  }
});

describe("gantry compare", () => {
  test("puts runs side by side", async () => {
    const { stdout } = await succeed(["compare", ...runs], { cwd });
    assert.match(stdout, /^run +recipe +iterations +time +.*modes ↑/m);
    assert.match(stdout, /^gan-ring-0 +.*4 of 4/m);
    assert.match(stdout, /10 \*/);
    assert.match(stdout, /^no packing +0,1 +4 /m);
    assert.match(stdout, /^packing +0 +4 /m);
    assert.match(stdout, /^terms\.packing +- +degree=2/m);
    assert.doesNotMatch(stdout, /^(batch|steps|seed) /m);
    const pair = await succeed(["compare", runs[0]!, runs[2]!], { cwd });
    assert.doesNotMatch(pair.stdout, /over seeds/);
    assert.equal((await succeed(["compare", "runs"], { cwd })).stdout, stdout);
  });

  test("as CSV, to standard output or a file", async () => {
    const { stdout } = await succeed(["compare", "runs", "--csv"], { cwd });
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines[0], "terms.packing,metric,mean,sd,n");
    assert.ok(lines.includes(",fid[digits-cnn],10,,1"), stdout);
    assert.ok(
      lines.some((line) => /^,modes,\d+(\.\d+)?,\d+(\.\d+)?,2$/.test(line)),
      stdout,
    );
    await succeed(["compare", "runs", "--csv", "--out", "runs.csv"], { cwd });
    assert.equal(await readFile(join(cwd, "runs.csv"), "utf8"), stdout);
  });

  test("as JSON, and as a page with curves and samples", async () => {
    const { stdout } = await succeed(["compare", ...runs, "--json", "--html", "page.html"], { cwd });
    const [comparison] = parseLines(stdout) as unknown as [
      {
        runs: { label: string }[];
        metrics: { name: string }[];
        curves: { name: string; groups: { iterations: number[]; counts: number[] }[] }[];
        html: string;
      },
    ];
    assert.deepEqual(
      comparison.runs.map(({ label }) => label),
      ["gan-ring-0", "gan-ring-1", "packed"],
    );
    assert.ok(comparison.metrics.some(({ name }) => name === "fid[digits-cnn]"));
    const losses = comparison.curves.find(({ name }) => name === "generator/non-saturating");
    assert.deepEqual(
      losses?.groups.map(({ iterations, counts }) => [iterations, counts]),
      [
        [
          [1, 2, 4],
          [2, 2, 2],
        ],
        [
          [1, 2, 4],
          [1, 1, 1],
        ],
      ],
    );
    const page = await readFile(join(cwd, comparison.html), "utf8");
    assert.equal(page.match(/src="data:image\/png;base64,iVBOR/g)?.length, 3);
    assert.match(page, /<svg.*generator\/non-saturating.*<\/svg>/s);
  });

  test("refuses what is no run, one twice, and a page that is none", async () => {
    await refuse(["compare"], 2, /missing required argument 'run'/, { cwd });
    await refuse(["compare", "runs/packed/samples"], 2, /samples: not a run/, { cwd });
    await refuse(["compare", "runs", "--out", "x.csv"], 2, /add --csv/, { cwd });
    assert.match((await inProcess(["compare", "runs", "--csv", "--json"], { cwd })).stdout, /choose one/);
    await refuse(["compare", "runs", runs[0]!], 2, /given twice/, { cwd });
    await refuse(["compare", runs[0]!, runs[0]!], 2, /given twice/, { cwd });
    await refuse(["compare", runs[0]!, "--html", "page.png"], 2, /goes to a \.html file/, { cwd });
    await writeFile(join(cwd, runs[1]!, "report.json"), "{");
    await refuse(["compare", ...runs], 1, /report\.json: damaged/, { cwd });
  });
});
