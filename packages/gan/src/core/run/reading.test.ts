import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { goldenUrl } from "../../testing/golden.js";

test("reading a run's folder loads no engine", () => {
  const script = `
    import { readRun } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
    const { config, iteration, scores } = await readRun(process.argv[1]);
    const { sharedObjects } = process.report.getReport();
    console.log(JSON.stringify({ recipe: config.recipe, data: config.data, iteration, scores, sharedObjects }));
  `;
  const run = fileURLToPath(goldenUrl("versions/run-0.1.0"));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, run], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const { recipe, data, iteration, sharedObjects } = JSON.parse(stdout) as {
    recipe: string;
    data: Record<string, unknown>;
    iteration: number;
    sharedObjects: string[];
  };
  assert.deepEqual([recipe, iteration], ["gan", 10]);
  // Its config.json has the name and the count alone: a run that writes the defaults out has the same data.
  assert.deepEqual(data, { name: "ring", modes: 8, radius: 1, std: 0.01, count: 100, seed: 0 });
  assert.ok(sharedObjects.length > 0);
  assert.deepEqual(
    sharedObjects.filter((path) => /torch|c10|sharp|vips/.test(path)),
    [],
  );
});
