import assert from "node:assert/strict";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { RunDirectory } from "../core/run/directory.js";
import { outcome } from "../testing/killing.js";
import { finish, temporaryFolder, tinyConfig } from "../testing/runs.js";
import { probeRun } from "./probe.js";
import { startRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();

test("a run is probed as a run that measured itself from its beginning would tell, and stays as it was", async () => {
  const [plain, measured] = [`${folder}/plain`, `${folder}/measured`];
  await finish(await startRun(await tinyConfig("gan", "", { keep: 9 }), plain));
  const terms = { "adaptive-weights": { variant: "equal" } };
  await finish(
    await startRun(await tinyConfig("gan", "", { terms, intervals: { log: 1 }, keep: 9 }), measured),
  );
  const before = await outcome(plain);
  const { iteration, series } = await probeRun(plain, { iteration: 4, iterations: 3 });
  assert.equal(iteration, 4);
  assert.deepEqual(await outcome(plain), before);
  const events = await (await RunDirectory.open(measured)).readEvents();
  const told = (name: string) =>
    [5, 6, 7].map((at) => events.find((event) => event.iteration === at && name in event)?.[name]);
  for (const name of ["angle/real-fake", "angle/fake-combined", "probability/real", "after/fake"])
    assert.deepEqual(series[name], told(`discriminator/${name}`), name);
  assert.ok(!("weights/real" in series), "the run weighs nothing");
  const [real, fake] = [series["before/real"]!, series["before/fake"]!];
  assert.deepEqual(
    series["gap/before"],
    real.map((value, i) => value - fake[i]!),
  );
  // Beyond the end of a run too, and of one that measures itself.
  const own = (await probeRun(measured, { iterations: 2 })).series;
  assert.deepEqual([own["gap/after"]?.length, own["weights/real"]?.length], [2, 2]);
});

test("a run whose loss does not split is refused, by the loss's name", async () => {
  const path = `${folder}/relativistic`;
  const terms = { "non-saturating": null, relativistic: {} };
  await finish(await startRun(await tinyConfig("gan", "", { terms }), path));
  await assert.rejects(probeRun(path), /^UsageError: .*its loss, relativistic, compares reals with fakes/);
});
