import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type ProcessOptions, runTasks, type Task } from "./processes.js";

const folder = mkdtempSync(join(tmpdir(), "gantry-processes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A process that does what its input says. */
const file = join(folder, "child.mjs");
writeFileSync(
  file,
  `import { setTimeout } from "node:timers/promises";
const { serveParent } = await import(${JSON.stringify(new URL("./child.js", import.meta.url).href)});
await serveParent(async ({ does }, { signal, takeWish, tell }) => {
  if (does === "fails") throw new Error("line\\nthe reason");
  if (does === "dies") process.kill(process.pid, "SIGKILL");
  if (does === "tells") tell({ at: 1 });
  if (does === "waits") {
    tell("waiting");
    while (!signal.aborted) {
      await setTimeout(10);
      if (takeWish()) tell("saved");
    }
    tell("ended");
    signal.throwIfAborted();
  }
  return { does, share: process.env.SHARE };
}, () => true);
`,
);
const script = pathToFileURL(file);
const tasks = (...all: string[]): Task<object>[] =>
  all.map((does) => ({
    before: async () => (does === "known" ? { does } : undefined),
    input: { does },
  }));
const options = (over: Partial<ProcessOptions> = {}): ProcessOptions => ({
  jobs: 1,
  environment: (place) => ({ SHARE: `place ${place}` }),
  endThemselves: true,
  ...over,
});

test("each task has a process; one that fails or dies ends no other; what is known needs none", async () => {
  const heard: unknown[] = [];
  const ends = await runTasks(script, tasks("fails", "known", "dies", "tells"), options(), {
    onBegin: (i) => heard.push(`begin ${i}`),
    onMessage: (i, message) => heard.push([i, message]),
    onEnd: (i, { status }) => {
      heard.push(`${status} ${i}`);
    },
  });
  assert.deepEqual(ends, [
    { status: "failed", reason: "the reason" },
    { status: "done", result: { does: "known" }, kept: true },
    { status: "failed", reason: "ended by SIGKILL" },
    { status: "done", result: { does: "tells", share: "place 0" }, kept: false },
  ]);
  assert.deepEqual(heard, [
    ...["begin 0", "failed 0", "done 1", "begin 2", "failed 2", "begin 3"],
    [3, { at: 1 }],
    "done 3",
  ]);
});

test("asked to save they go on; asked to end they are awaited; nothing more is begun", async () => {
  const controller = new AbortController();
  const requests = new EventTarget();
  const heard: string[] = [];
  const why = new Error("enough");
  const running = runTasks(
    script,
    tasks("waits", "waits", "tells"),
    options({ jobs: 2, signal: controller.signal, requests }),
    {
      onMessage: (i, message) => {
        heard.push(`${message} ${i}`);
        if (heard.filter((each) => each.startsWith("waiting")).length === 2 && heard.length === 2)
          requests.dispatchEvent(new Event("save"));
        if (heard.filter((each) => each.startsWith("saved")).length === 2 && heard.length === 4)
          controller.abort(why);
      },
    },
  );
  await assert.rejects(running, why);
  assert.deepEqual(heard.sort(), ["ended 0", "ended 1", "saved 0", "saved 1", "waiting 0", "waiting 1"]);
});

test("those that do not end themselves are killed; what a listener throws ends all", async () => {
  const controller = new AbortController();
  const heard: unknown[] = [];
  const onMessage = (_: number, message: unknown) => {
    heard.push(message);
    controller.abort(new Error("enough"));
  };
  const over = { signal: controller.signal, endThemselves: false };
  await assert.rejects(runTasks(script, tasks("waits"), options(over), { onMessage }), /enough/);
  assert.deepEqual(heard, ["waiting"]);
  const full = new Error("the disk is full");
  const onEnd = () => {
    throw full;
  };
  await assert.rejects(runTasks(script, tasks("waits", "tells"), options({ jobs: 2 }), { onEnd }), full);
});
