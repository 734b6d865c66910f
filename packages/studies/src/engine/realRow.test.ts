import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, resolveConfig } from "@gantry/gan";
import { temporaryFolder, writeImages } from "../testing/files.js";
import { measureReal } from "./realRow.js";

test("real images are judged as samples are, by a metric that needs no network of its own", async () => {
  const path = await writeImages(await temporaryFolder());
  const config = await resolveConfig({
    recipe: "dcgan",
    settings: [
      {
        data: { name: "idx", path },
        evaluation: { every: 1, metrics: "contrastive:steps=1,batch=4", samples: 12 },
      },
    ],
  });
  const work = { config: config as unknown as JsonObject, real: true };
  const { iteration, scores, curves } = await measureReal({
    problem: "noise",
    method: "real",
    seed: 1,
    work,
  });
  assert.deepEqual([iteration, curves], [0, []]);
  assert.equal(scores.length, 1);
  assert.ok(scores[0]!.name === "contrastive" && scores[0]!.value >= 0 && scores[0]!.value <= 1);
});
