import assert from "node:assert/strict";
import { test } from "node:test";
import type { CellProgress, SweepProgress } from "@gantry/gan/sweep";
import { cellRows, countCells, describeCells, describeRunning } from "./cells.js";
import { jsonReporter } from "./json.js";
import { plainReporter } from "./plain.js";
import { terminalReporter } from "./terminal.js";

const cell = (name: string, state: CellProgress["state"], iteration = 0, over = {}): CellProgress => ({
  name,
  state,
  iteration,
  steps: 100,
  secondsLeft: undefined,
  reason: undefined,
  ...over,
});

const progress: SweepProgress = {
  cells: [
    cell("batch=8-seed=0", "done", 100),
    cell("batch=16-seed=0", "running", 50, { secondsLeft: 9 }),
    cell("batch=8-seed=1", "failed", 3, { reason: "a loss is not finite" }),
    cell("batch=16-seed=1", "waiting"),
    cell("batch=32-seed=1", "left off", 10),
  ],
  secondsLeft: 192,
};

test("how far all are, in a line", () => {
  assert.equal(describeCells(progress), "1 of 5 done, 1 failed, 1 left off, 1 running; 3 min 12 s left");
  assert.equal(describeCells({ cells: [cell("a", "waiting")], secondsLeft: undefined }), "0 of 1 done");
  assert.deepEqual(describeRunning(progress), ["batch=16-seed=0 at 50 of 100"]);
  assert.equal(countCells(progress.cells).waiting, 1);
});

test("a table: all, then what runs, failed and waits, as many as there is room for", () => {
  const rows = cellRows(progress, 10);
  // 100, 50, and two that do no more, of 500.
  assert.equal(rows[0]?.share, 0.7);
  assert.deepEqual(
    rows.slice(1).map(({ words, share }) => [words.map((word) => word.trim()), share]),
    [
      [["batch=16-seed=0", "50/100", "0:09 left"], 0.5],
      [["batch=8-seed=1", "failed: a loss is not finite"], undefined],
      [["batch=16-seed=1", "waiting"], undefined],
    ],
  );
  assert.equal(cellRows(progress, 2).length, 2);
});

/** What a terminal shows after it was written to: its lines, the cursor in the last that was written to. */
function screen(text: string): string[] {
  const rows = [""];
  let row = 0;
  for (const part of text.replaceAll("\u001b", "^").split(/(\r?\^\[(?:2K|1A)|\n|\^\[\d+m)/)) {
    if (part === "\n") rows[++row] ??= "";
    else if (part.endsWith("[2K")) rows[row] = "";
    else if (part.endsWith("[1A")) row--;
    else if (!part.startsWith("^")) rows[row] += part;
  }
  return rows;
}

test("on a terminal the table is drawn over itself, and gives way to lines", () => {
  let text = "";
  const reporter = terminalReporter({ write: (more) => (text += more), isTTY: true, columns: 70 }, {});
  reporter.cells(progress);
  assert.equal(screen(text).length, 4);
  assert.match(screen(text)[1]!, /^ {2}batch=16-seed=0 #+\.+ {2}50\/100 {2}0:09 left$/);
  reporter.note("2/5 batch=16-seed=0: done");
  assert.deepEqual(screen(text), ["2/5 batch=16-seed=0: done", "", "", ""]);
  reporter.clear();
  assert.equal(screen(text)[0], "2/5 batch=16-seed=0: done");
  // A bar after a table takes its place.
  text = "";
  const other = terminalReporter({ write: (more) => (text += more), isTTY: true, columns: 70 }, {});
  other.cells(progress);
  other.step({
    ...{ iteration: 1, steps: 2, imagesSeen: 1, epoch: 0, seconds: 1, scalars: undefined, last: true },
    ...{ iterationsPerSecond: undefined, imagesPerSecond: undefined, secondsLeft: undefined },
  });
  assert.deepEqual(screen(text).slice(1), ["", "", ""]);
});

test("a pipe gets a line now and then, a program an object", () => {
  const lines: string[] = [];
  const plain = plainReporter({ write: (line: string) => lines.push(line) });
  plain.cells(progress);
  plain.cells(progress);
  assert.deepEqual(lines, [`${describeCells(progress)}; batch=16-seed=0 at 50 of 100\n`]);
  lines.length = 0;
  const json = jsonReporter({ write: (line: string) => lines.push(line) }, { write() {} });
  json.cells(progress);
  json.cells(progress);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      {
        event: "cells",
        ...{ total: 5, done: 1, running: 1, waiting: 1, failed: 1, leftOff: 1, secondsLeft: 192 },
        running: [{ name: "batch=16-seed=0", iteration: 50, steps: 100, secondsLeft: 9 }],
      },
    ],
  );
});
