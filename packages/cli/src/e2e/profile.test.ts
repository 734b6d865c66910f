import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { activeProfile } from "@gantry/torch";
import { parseLines, QUICK, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

interface Event {
  name: string;
  cat?: string;
  ph: string;
  tid: number;
  ts: number;
  dur: number;
}

test("train --profile says where the time went, writes a trace, and changes nothing", async () => {
  const args = ["train", "gan", ...QUICK, "--steps", "6", "--set", "intervals.log=3"];
  const { stdout } = await succeed([...args, "--profile", "--out", "measured"], { cwd });
  await succeed([...args, "--out", "plain"], { cwd });
  assert.match(stdout, /^Profile: an iteration, on the average of 5$/m);
  for (const row of [
    "iteration",
    "in LibTorch",
    "waiting for data",
    "elsewhere",
    "discriminator",
    "generator",
  ])
    assert.match(stdout, new RegExp(`^${row} +[\\d.]+ +[\\d.]+ +[\\d.]+ %$`, "m"));
  assert.match(stdout, /^backward +2 /m);
  assert.match(stdout, /^trace: measured\/trace\.json /m);
  assert.equal(activeProfile(), undefined);
  const weights = (run: string) =>
    readFile(join(cwd, run, "checkpoints", "step-000006", "generator.safetensors"));
  assert.deepEqual(await weights("measured"), await weights("plain"));

  const { traceEvents } = JSON.parse(await readFile(join(cwd, "measured/trace.json"), "utf8")) as {
    traceEvents: Event[];
  };
  const complete = traceEvents.filter(({ ph }) => ph === "X");
  const count = (category: string, name: string) =>
    complete.filter((event) => event.cat === category && event.name === name).length;
  assert.equal(count("phase", "iteration"), 6);
  assert.equal(count("phase", "discriminator"), 6);
  assert.equal(count("data", "wait for a batch"), 6);
  assert.equal(count("operator", "backward"), 12);
  assert.ok(count("operator", "gantry::linear") > 12);
  assert.ok(count("files", "the sample picture") >= 1);
  // What viewers require: of two events on one track, the one lies in the other or behind it.
  for (const tid of new Set(complete.map((event) => event.tid))) {
    const events = complete.filter((event) => event.tid === tid);
    events.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
    const open: Event[] = [];
    for (const event of events) {
      while (open.length > 0 && open.at(-1)!.ts + open.at(-1)!.dur <= event.ts) open.pop();
      const around = open.at(-1);
      if (around !== undefined) assert.ok(event.ts + event.dur <= around.ts + around.dur + 0.5);
      open.push(event);
    }
  }
});

test("train --profile --json prints the profile as one event", async () => {
  const args = ["train", "gan", ...QUICK, "--steps", "2", "--profile", "--json", "--out", "json"];
  const { stdout } = await succeed(args, { cwd });
  const events = parseLines(stdout);
  const profile = events.find(({ event }) => event === "profile")!;
  assert.deepEqual(
    events.slice(-2).map(({ event }) => event),
    ["profile", "end"],
  );
  assert.equal(profile.iterations, 1);
  const { milliseconds, libtorch, waitingForData, host } = profile as Record<string, number>;
  assert.ok(Math.abs(milliseconds! - libtorch! - waitingForData! - host!) < 1e-6);
  assert.ok(host! > 0);
});
