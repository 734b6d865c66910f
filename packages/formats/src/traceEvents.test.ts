import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./testing/helpers.js";
import { writeTrace } from "./traceEvents.js";

test("a trace is JSON with a complete event for each span, on named tracks", async () => {
  const path = join(await temporaryFolder(), "trace.json");
  const event = (name: string, track: string, start: number) => ({
    name,
    category: "operator",
    track,
    start,
    duration: 1.23456,
  });
  await writeTrace(path, [event('a "b"', "one", 10), event("c", "two", 11), event("d", "one", 12)], "p", {
    x: 1,
  });
  const trace = JSON.parse(await readFile(path, "utf8"));
  assert.deepEqual(trace.otherData, { x: 1 });
  assert.deepEqual(trace.traceEvents, [
    { name: "process_name", ph: "M", pid: 1, tid: 0, args: { name: "p" } },
    { name: "thread_name", ph: "M", pid: 1, tid: 1, args: { name: "one" } },
    { name: 'a "b"', cat: "operator", ph: "X", pid: 1, tid: 1, ts: 10, dur: 1.235 },
    { name: "thread_name", ph: "M", pid: 1, tid: 2, args: { name: "two" } },
    { name: "c", cat: "operator", ph: "X", pid: 1, tid: 2, ts: 11, dur: 1.235 },
    { name: "d", cat: "operator", ph: "X", pid: 1, tid: 1, ts: 12, dur: 1.235 },
  ]);
});

test("many events come in several pieces, an empty trace in one", async () => {
  const folder = await temporaryFolder();
  const events = Array.from({ length: 30_000 }, (_, start) => ({
    name: "operator",
    category: "operator",
    track: "one",
    start,
    duration: 0.5,
  }));
  for (const [name, list] of [
    ["many", events],
    ["none", []],
  ] as const) {
    await writeTrace(join(folder, name), list, "p");
    const { traceEvents } = JSON.parse(await readFile(join(folder, name), "utf8"));
    assert.equal(traceEvents.filter(({ ph }: { ph: string }) => ph === "X").length, list.length);
  }
});
