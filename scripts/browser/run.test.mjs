import assert from "node:assert/strict";
import { createWriteStream, existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { addEvents, losses, makeRun } from "../../packages/studio/dist/testing/runs.js";
import { inspect, openPage, openStage, openStudio } from "./stage.mjs";

const stage = await openStage();
const runs = join(stage.folder, "runs");
const samples = Array.from({ length: 40 }, (_, i) => 5 * (i + 1));
const finding = { event: "finding", iteration: 150, name: "mode-collapse", began: 120 };
await makeRun(runs, "made", { events: [...losses(200), finding], samples, iteration: 200 });
const studio = await openStudio(stage, runs);

/** Memory that a process has had at most, in megabytes. */
const peakOf = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

describe("a run", () => {
  test("every picture under one slider, by keys and by play; curves; all in the address", async () => {
    const { page, wrong, at } = await openPage(stage, studio.address);
    await at("/run/made");
    await page.getByText("40 of 40").waitFor();
    await page.locator(".uplot canvas").first().waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByText("39 of 40").waitFor();
    assert.match(page.url(), /at=195/);
    await page.keyboard.press("Home");
    await page.getByText("1 of 40", { exact: false }).first().waitFor();
    await page.getByLabel("Speed").selectOption("24");
    await page.getByRole("button", { name: "Play" }).click();
    await page.getByText("40 of 40").waitFor();
    await page.keyboard.press("l");
    await page.getByLabel("Smooth").fill("0.6");
    await page.getByText("smoothed 0.6").first().waitFor();
    assert.match(page.url(), /log=1/);
    assert.match(page.url(), /smooth=0.6/);
    // A part of the training, by dragging over a curve.
    const plot = page.locator(".u-over").first();
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 5 });
    await page.mouse.up();
    await page.getByText(/Iterations \d+ to \d+/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByText(/Iterations \d+ to/).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "iteration 120" }).click();
    await page.getByText("24 of 40").waitFor();
    await inspect(page, "a run");
    // The settings that it was made with, found.
    await page.getByRole("searchbox", { name: "Only" }).last().fill("learningRate");
    await page.getByText("optimizers.default.learningRate").waitFor();
    assert.equal(await page.locator(".settings").first().locator("dt").count(), 1);
    assert.deepEqual(wrong, []);
  });

  test("a file of 200,000 events: a picture before it is read, and memory that stays", async () => {
    const path = await makeRun(runs, "long", { state: "done", iteration: 200_000 });
    await new Promise((resolve) => {
      const file = createWriteStream(join(path, "events.part"));
      for (let i = 1; i <= 200_000; i++) {
        const values = {
          "discriminator/loss": 1 / i,
          "discriminator/real": Math.sin(i / 1000),
          "discriminator/fake": 2,
        };
        const line = {
          iteration: i,
          imagesSeen: 64 * i,
          seconds: i / 50,
          ...values,
          "generator/loss": i === 77_777 ? 1e6 : 1,
        };
        file.write(`${JSON.stringify(line)}\n`);
      }
      file.end(resolve);
    });
    const { page, wrong, at } = await openPage(stage, studio.address);
    const before = peakOf(studio.pid);
    renameSync(join(path, "events.part"), join(path, "events.jsonl"));
    const began = performance.now();
    await at("/run/long?curves=generator");
    await page.locator(".uplot canvas").first().waitFor();
    const first = Math.round(performance.now() - began);
    // Of the whole course, though little of it is read.
    await page.getByRole("img", { name: /generator\/loss: 1 at iteration 200,000/ }).waitFor();
    await page.getByText(/Reading its events/).waitFor();
    await page.getByText(/Reading its events/).waitFor({ state: "detached" });
    const whole = Math.round(performance.now() - began);
    const grown = Math.round(peakOf(studio.pid) - before);
    console.log(
      `# 200,000 events: first picture after ${first} ms, all after ${whole} ms, ${grown} MB more memory`,
    );
    const { curves } = await page.evaluate(() => fetch("/run/long.json").then((response) => response.json()));
    // One spike among 200,000 values is not lost.
    assert.equal(Math.max(...curves["generator/loss"].high), 1e6);
    assert.ok(curves["generator/loss"].at.length <= 600);
    assert.ok(grown < 150, `${grown} MB`);
    addEvents(path, [{ iteration: 200_001, imagesSeen: 1, seconds: 4001, "generator/loss": 7 }]);
    await page.getByRole("img", { name: /generator\/loss: \S+ at iteration 200,001/ }).waitFor();
    assert.deepEqual(wrong, []);
  });

  test("a training killed and resumed under the page, stopped by it, and thrown away", async () => {
    const quick = ["--preset", "small", "--set", "data.count=2000", "--set", "samples=4", "--threads", "1"];
    const often = [
      "--set",
      "intervals.log=5",
      "--set",
      "intervals.checkpoint=20",
      "--set",
      "intervals.sample=20",
    ];
    const training = stage.begin([
      "train",
      "gan",
      ...quick,
      ...often,
      "--steps",
      "1000000",
      "--out",
      "runs/live",
    ]);
    const { page, wrong, at } = await openPage(stage, studio.address);
    await at("/run/live");
    await page.getByText(/Training: iteration [\d,]{3,} of 1,000,000/).waitFor({ timeout: 120_000 });
    const iteration = () =>
      page.evaluate(() =>
        fetch("/run/live.json")
          .then((r) => r.json())
          .then((run) => run.iteration),
      );
    while (!existsSync(join(runs, "live/checkpoints/step-000040"))) {
      if ((await iteration()) > 200) break;
      await page.waitForTimeout(200);
    }
    training.child.kill("SIGKILL");
    await training.ended;
    await page.getByText(/Its process is gone without a word/).waitFor();
    await inspect(page, "a run that was killed");
    const resumed = stage.begin(["resume", "runs/live"]);
    await page.getByText(/Went on from/).waitFor({ timeout: 120_000 });
    await page.getByText(/Training: iteration/).waitFor();
    await page.getByRole("button", { name: "Throw away …" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Stop …" }).click();
    await page.getByRole("heading", { name: "Stop live?" }).waitFor();
    await inspect(page, "a question");
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal(resumed.child.exitCode, null);
    await page.getByRole("button", { name: "Stop …" }).click();
    await page.getByRole("button", { name: "Stop it" }).click();
    await page.getByText(/It was asked to stop/).waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await resumed.ended;
    await page.getByText(/Stopped at iteration/).waitFor();
    await page.getByRole("button", { name: "Fork …" }).click();
    await page.getByText(/gantry fork .*live@\d+ --set steps=/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Throw away …" }).click();
    await page.getByRole("button", { name: "Throw it away" }).click();
    await page.getByText(/It lies in/).waitFor();
    assert.ok(!existsSync(join(runs, "live")));
    assert.deepEqual(wrong, []);
  });
});
