import assert from "node:assert/strict";
import { rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../testing/runs.js";
import { startRun } from "../train/train.js";
import { standingOf } from "./standing.js";

test("data behind a link are the data; a cell of other settings, or other data, is another run", async () => {
  const folder = await temporaryFolder();
  const images = await writeImages(folder);
  // A folder in the way of the images is a link, as a disk for data often is.
  const [disk, linked] = [join(folder, "disk"), join(folder, "linked")];
  await rename(images, disk);
  await symlink(folder, linked);
  const config = await tinyConfig("dcgan", join(linked, "disk"));
  await finish(await startRun(config, join(folder, "run")));
  const cell = { name: "run", group: "dcgan", config };
  const done = { state: "done", iteration: config.steps };
  assert.deepEqual(await standingOf(folder, cell), done);
  assert.deepEqual(await standingOf(folder, { ...cell, config: await tinyConfig("dcgan", disk) }), done);
  const other = { ...cell, config: { ...config, batch: config.batch + 1 } };
  await assert.rejects(standingOf(folder, other), /another run, whose batch is/);
  const elsewhere = await tinyConfig("dcgan", await writeImages(folder));
  await assert.rejects(
    standingOf(folder, { ...cell, config: elsewhere }),
    /another run, whose data\.path is/,
  );
});
