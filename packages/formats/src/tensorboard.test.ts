import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { FormatError } from "./errors.js";
import {
  decodeEventFile,
  EventFileWriter,
  frame,
  readEventFile,
  type TensorBoardEvent,
} from "./tensorboard.js";
import { formatError, golden, temporaryFolder, valueOrFormatError } from "./testing/helpers.js";

// The golden file is TensorBoard 2.21's own (golden/make_golden_events.py). What EventFileWriter writes was also read back
// with TensorBoard's EventAccumulator while this was written: scalars, and images with their sizes.

const png = new TextEncoder().encode("not really a PNG");
const goldenEvents: TensorBoardEvent[] = [
  { wallTime: 1600000000.5, step: 0, fileVersion: "brain.Event:2", summaries: [] },
  { wallTime: 1600000001.5, step: 0, summaries: [{ kind: "scalar", tag: "loss/G", value: 0 }] },
  {
    wallTime: 1600000002.5,
    step: 1,
    summaries: [{ kind: "scalar", tag: "loss/G", value: Math.fround(0.1) }],
  },
  {
    wallTime: 1600000003.5,
    step: 2 ** 40,
    summaries: [{ kind: "scalar", tag: "Verlust é", value: Number.NEGATIVE_INFINITY }],
  },
  {
    wallTime: 1600000004.5,
    step: 3,
    summaries: [{ kind: "image", tag: "samples", width: 300, height: 2, colorspace: 3, encoded: png }],
  },
  { wallTime: 1600000005.5, step: 4, summaries: [{ kind: "other", tag: "weights" }] },
];

/** A writer whose clock says these milliseconds, one after the other. */
async function openAt(folder: string, ...times: number[]): Promise<EventFileWriter> {
  return EventFileWriter.open(folder, () => times.shift() ?? 0);
}

test("TensorBoard's own file is read", async () => {
  assert.deepEqual(await readEventFile(golden("events.tfevents")), {
    events: goldenEvents,
    truncated: false,
  });
});

test("TensorBoard's own file is written, byte for byte", async () => {
  const t = 1_600_000_000_500;
  const writer = await openAt(
    join(await temporaryFolder(), "new"),
    t,
    t,
    t + 1000,
    t + 2000,
    t + 3000,
    t + 4000,
  );
  assert.match(basename(writer.path), /^events\.out\.tfevents\.1600000000\..+\.\d+\.\d+$/);
  writer.scalar("loss/G", 0, 0);
  writer.scalar("loss/G", 1, 0.1);
  await writer.flush();
  writer.scalar("Verlust é", 2 ** 40, Number.NEGATIVE_INFINITY);
  writer.image("samples", 3, png, { width: 300, height: 2, channels: 3 });
  await writer.close();
  const written = await readFile(writer.path);
  const expected = await readFile(golden("events.tfevents"));
  assert.deepEqual(written, expected.subarray(0, written.length));
  assert.deepEqual(decodeEventFile(written).events, goldenEvents.slice(0, 5));
});

test("a file can be read while it is written, and flushes may overlap", async () => {
  const folder = await temporaryFolder();
  const writer = await EventFileWriter.open(folder);
  const other = await EventFileWriter.open(folder);
  assert.notEqual(writer.path, other.path);
  assert.equal(dirname(writer.path), folder);
  for (let step = 1; step <= 20; step++) {
    writer.scalar("x", step, step);
    const flushed = writer.flush();
    // Now and then let one get under way, so that what comes next is collected while it writes.
    if (step % 4 === 0) await new Promise(setImmediate);
    if (step === 10) await flushed;
  }
  await writer.flush();
  const { events } = await readEventFile(writer.path);
  assert.deepEqual(
    events.slice(1).map(({ step }) => step),
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  await writer.close();
  await other.close();
});

test("steps are counts, and folders must be writable", async () => {
  const folder = await temporaryFolder();
  const writer = await EventFileWriter.open(folder);
  assert.throws(() => writer.scalar("x", -1, 0), RangeError);
  assert.throws(() => writer.scalar("x", 0.5, 0), RangeError);
  await writer.close();
  assert.equal((await readEventFile(writer.path)).events.length, 1);
  await assert.rejects(EventFileWriter.open(writer.path), formatError(/cannot write: /));
});

test("other files are refused", async () => {
  await assert.rejects(
    readEventFile(golden("f4.npy")),
    formatError(/f4.npy: record 0 at byte 0 has a wrong length/),
  );
  const bytes = await readFile(golden("events.tfevents"));
  const withoutFirst = bytes.subarray(16 + bytes.readUInt32LE(0));
  assert.throws(
    () => decodeEventFile(withoutFirst),
    formatError(/record 0 at byte 0 does not give the version/),
  );
});

test("a cut file gives its whole records and says so; a flipped byte is found", async () => {
  const bytes = Uint8Array.from(await readFile(golden("events.tfevents")));
  const whole = new Set([0]);
  for (let end = 0; end < bytes.length; ) {
    end += 16 + (bytes[end] ?? 0);
    whole.add(end);
  }
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { events, truncated } = decodeEventFile(bytes.subarray(0, cut));
    assert.equal(truncated, !whole.has(cut));
    assert.deepEqual(events, goldenEvents.slice(0, events.length));
  }
  for (let place = 0; place < bytes.length; place++) {
    const damaged = Uint8Array.from(bytes);
    damaged[place] = (damaged[place] as number) ^ 0x10;
    assert.throws(() => decodeEventFile(damaged), FormatError);
  }
});

test("any series comes back as it was", async () => {
  const folder = await temporaryFolder();
  const records = fc.array(
    fc.record({ tag: fc.string({ unit: "grapheme" }), step: fc.maxSafeNat(), value: fc.float() }),
    { maxLength: 10 },
  );
  await fc.assert(
    fc.asyncProperty(records, async (series) => {
      const writer = await EventFileWriter.open(folder);
      for (const { tag, step, value } of series) writer.scalar(tag, step, value);
      await writer.close();
      const { events } = await readEventFile(writer.path);
      const back = events.slice(1).map(({ step, summaries }) => ({ step, summaries }));
      const expected = series.map(({ tag, step, value }) => ({
        step,
        summaries: [{ kind: "scalar", tag, value }],
      }));
      assert.deepEqual(back, expected);
    }),
    { numRuns: 50 },
  );
});

test("records with right checksums and any content give events or a FormatError", async () => {
  const first = Uint8Array.from(await readFile(golden("events.tfevents")));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (content) => {
      const record = Buffer.concat([first, ...frame(content)]);
      await valueOrFormatError(() => decodeEventFile(record));
    }),
    { numRuns: 1000 },
  );
});

test("a later file's name comes later, also within a second and after a clock was set back", async () => {
  const folder = await temporaryFolder();
  const names: string[] = [];
  for (const time of [1_600_000_000_000, 1_600_000_000_500, 1_500_000_000_000, 1_700_000_000_000]) {
    const writer = await EventFileWriter.open(folder, () => time);
    names.push(basename(writer.path));
    await writer.close();
  }
  assert.deepEqual(names, [...names].sort());
  assert.match(names[3] ?? "", /\.1700000000\./);
});
