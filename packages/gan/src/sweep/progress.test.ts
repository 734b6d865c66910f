import assert from "node:assert/strict";
import { test } from "node:test";
import { ProgressCount } from "./progress.js";

test("time left: of what runs by its own pace, of what waits by the others', shared by the jobs", () => {
  let now = 0;
  const cells = ["a", "b", "c", "d"].map((name) => ({ name, steps: 100 }));
  const progress = new ProgressCount(cells, 2, () => now);
  assert.equal(progress.now().secondsLeft, undefined);
  progress.begin(0);
  progress.begin(1);
  // Starting takes 5 seconds, which say nothing of iterations.
  now = 5000;
  progress.report(0, 1);
  progress.report(1, 1);
  now = 15_000;
  progress.report(0, 11);
  progress.report(1, 6);
  // 1 and 2 seconds an iteration: 89 and 188 seconds, and two waiting ones of 150.
  const { cells: all, secondsLeft } = progress.now();
  assert.deepEqual(
    all.map((cell) => [cell.state, cell.iteration, cell.secondsLeft]),
    [
      ["running", 11, 89],
      ["running", 6, 188],
      ["waiting", 0, undefined],
      ["waiting", 0, undefined],
    ],
  );
  assert.equal(secondsLeft, (89 + 188 + 150 + 150) / 2);
  progress.end(0, "done");
  progress.end(2, "failed", "why");
  progress.end(3, "left off");
  // One that runs alone is not shared.
  assert.equal(progress.now().secondsLeft, 188);
  assert.deepEqual([progress.now().cells[0]?.iteration, progress.now().cells[2]?.reason], [100, "why"]);
  progress.expect(0, 300);
  assert.equal(progress.now().cells[0]?.steps, 300);
});
