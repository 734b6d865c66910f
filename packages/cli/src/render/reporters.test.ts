import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { barCharacters, layOutBar } from "./bar.js";
import { jsonReporter } from "./json.js";
import { SpeedMeter } from "./meter.js";
import { plainReporter } from "./plain.js";
import type { Beginning, Pace, Reporter } from "./reporter.js";
import { makeStyle } from "./style.js";
import { terminalReporter } from "./terminal.js";
import { describeClasses } from "./words.js";

const beginning: Beginning = {
  run: "runs/x",
  recipe: "dcgan",
  data: {
    name: "fashion-mnist",
    kind: "images",
    count: 60_000,
    shape: [1, 28, 28],
    classes: ["top", "bag"].map((name) => ({ name, count: 30_000 })),
    labels: "folders",
    leftOut: [],
  },
  iteration: 0,
  steps: 3000,
  batch: 64,
  seed: 0,
  device: "cpu",
  precision: "float32",
  threads: 2,
  parameters: { generator: 1000, discriminator: 2000 },
};

const pace = (iteration: number, last = false): Pace => ({
  iteration,
  steps: 3000,
  imagesSeen: iteration * 64,
  epoch: 0,
  seconds: 0.04,
  scalars: { "discriminator/hinge": 1.23456, "discriminator/real": 0.5, "generator/hinge": -0.25 },
  iterationsPerSecond: 24.5,
  imagesPerSecond: 1568,
  secondsLeft: 98,
  last,
});

function sink(columns?: number) {
  const written: string[] = [];
  return {
    written,
    text: () => written.join(""),
    stream: {
      write: (text: string) => written.push(text),
      isTTY: columns !== undefined,
      columns,
    },
  };
}

/** What a terminal shows after it was written to: its last line, erased as escapes say. */
const lastLine = (text: string) => text.split("\n").at(-1)?.split("\r\u001b[2K").at(-1) ?? "";

describe("the terminal", () => {
  const show = (columns: number, environment: NodeJS.ProcessEnv = { NO_COLOR: "1", LANG: "C.UTF-8" }) => {
    const { stream, text } = sink(columns);
    const reporter = terminalReporter(stream, environment);
    return { reporter, text };
  };

  test("one line is drawn over and over, and fits at any width", () => {
    for (const columns of [20, 40, 60, 80, 120, 200]) {
      const { reporter, text } = show(columns);
      reporter.begin(beginning);
      const before = text();
      reporter.step(pace(1200));
      const line = lastLine(text());
      assert.ok(line.length < columns, `${columns}: ${line}`);
      assert.match(line, /^ 40 %/);
      assert.ok(!text().slice(before.length).includes("\n"));
    }
    const { reporter, text } = show(80);
    reporter.step(pace(1200));
    assert.equal(
      lastLine(text()),
      " 40 % ━━━─────  1,200/3,000  1:38 left   24.5 it/s  1.57k img/s  D 1.23 G -0.25",
    );
  });

  test("lines go above the bar, which is drawn again; the end leaves nothing of it", () => {
    const { reporter, text } = show(80);
    reporter.step(pace(1));
    reporter.warning("look");
    reporter.warning("look");
    assert.equal(text().match(/look/g)?.length, 1);
    assert.equal(lastLine(text()), "");
    reporter.step(pace(2, true));
    assert.notEqual(lastLine(text()), "");
    reporter.clear();
    assert.equal(lastLine(text()), "");
  });

  test("NO_COLOR and a plain language are respected", () => {
    assert.equal(makeStyle({ write() {}, isTTY: true }, {}).good("x"), "\u001b[32mx\u001b[39m");
    assert.equal(makeStyle({ write() {}, isTTY: true }, { NO_COLOR: "1" }).good("x"), "x");
    assert.equal(makeStyle({ write() {}, isTTY: true }, { TERM: "dumb" }).good("x"), "x");
    assert.equal(makeStyle({ write() {} }, {}).good("x"), "x");
    assert.equal(barCharacters({ LANG: "C" }).full, "#");
    assert.equal(barCharacters({ LANG: "C", LC_ALL: "en_GB.utf8" }).full, "━");
  });

  test("what is least important is left out first", () => {
    const characters = barCharacters({});
    const at = (width: number) => {
      const { head, full, empty, tail } = layOutBar(
        [" 40 %", "1/2", "0:09 left", "24 it/s"],
        0.4,
        width,
        characters,
      );
      return `${head}${full}${empty}${tail}`;
    };
    assert.equal(at(14), " 40 % ###.....");
    assert.equal(at(20), " 40 % ####.....  1/2");
    assert.equal(at(40), " 40 % ####.....  1/2  0:09 left  24 it/s");
    assert.ok(at(4).length <= 4);
  });
});

test("a pipe gets whole lines, and not one for every step", () => {
  const { stream, written } = sink();
  const reporter = plainReporter(stream);
  reporter.begin(beginning);
  for (let iteration = 1; iteration < 100; iteration++) reporter.step(pace(iteration));
  reporter.step({ ...pace(100, true) });
  assert.equal(written.length, 6 + 2);
  assert.ok(written.every((line) => line.indexOf("\n") === line.length - 1));
  assert.ok(!["\r", "\u001b"].some((character) => written.join("").includes(character)));
  assert.equal(
    written[6],
    "iteration 1 of 3,000, 24.5 it/s, 1.57k images/s, 1 min 38 s left  discriminator/hinge 1.235  discriminator/real 0.5  generator/hinge -0.25\n",
  );
});

test("a program gets one object a line", () => {
  const { stream, text } = sink();
  const errors = sink();
  const reporter: Reporter = jsonReporter(stream, errors.stream);
  reporter.begin(beginning);
  reporter.progress({ what: "decoding", done: 1, total: 2, unit: "images" });
  reporter.step(pace(1));
  reporter.step({ ...pace(2), scalars: undefined });
  reporter.warning("look");
  const events = text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string });
  assert.deepEqual(
    events.map(({ event }) => event),
    ["begin", "progress", "step", "warning"],
  );
  assert.equal(errors.text(), "gantry: warning: look\n");
});

test("speed is measured over the last seconds, not since the beginning", () => {
  let now = 0;
  const meter = new SpeedMeter(0, 0, () => now);
  assert.equal(meter.measure(1, 64), undefined);
  // One iteration a second for a minute, then ten a second.
  for (let i = 1; i <= 60; i++) {
    now += 1000;
    meter.measure(i, i * 64);
  }
  let speed: ReturnType<SpeedMeter["measure"]>;
  for (let i = 1; i <= 200; i++) {
    now += 100;
    speed = meter.measure(60 + i, (60 + i) * 64);
  }
  assert.ok(Math.abs((speed?.iterations ?? 0) - 10) < 0.2, `${speed?.iterations}`);
  assert.ok(Math.abs((speed?.images ?? 0) - 640) < 13);
});

test("classes are named with where they come from and how many images each has", () => {
  const { data } = beginning;
  assert.equal(describeClasses(data), "2 classes, by folders: top 30,000, bag 30,000");
  assert.equal(describeClasses({ ...data, classes: null, labels: null }), "no classes");
  assert.equal(describeClasses({ ...data, kind: "points" }), undefined);
  const classes = Array.from({ length: 1000 }, (_, number) => ({ name: `n${number}`, count: 700 + number }));
  const many = describeClasses({ ...data, classes });
  assert.match(
    many ?? "",
    /^1,000 classes, by folders: n0 700, .*n11 711, and 988 more of 712 to 1,699 images/,
  );
  assert.equal(describeClasses({ ...data, classes }, 1000)?.split(", ").length, 1000 + 1);
});
