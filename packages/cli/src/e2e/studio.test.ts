import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gantry, parseLines, QUICK, refuse, start, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

/** What an address of the studio tells, asked by its own key. */
async function jsonAt(address: string, path?: string): Promise<Record<string, unknown>> {
  const url = new URL(address);
  const token = url.searchParams.get("token");
  url.search = "";
  if (path !== undefined) url.pathname = path;
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, accept: "application/json" },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Record<string, unknown>;
}

describe("gantry studio", () => {
  test("shows the runs of a folder until it is interrupted", async () => {
    await succeed(["train", "gan", ...QUICK, "--steps", "3"], { cwd });
    let told = false;
    const seen: Promise<unknown>[] = [];
    const { status, stdout } = await gantry(["studio", "--port", "0", "--json"], {
      cwd,
      onProgress: (text, kill) => {
        if (told || !text.includes("\n")) return;
        told = true;
        const [{ address }] = parseLines(text) as [{ address: string }];
        seen.push(
          jsonAt(address, "/runs.json"),
          jsonAt(address, "/run/gan-ring-0.json").finally(() => kill("SIGINT")),
        );
      },
    });
    const [list, run] = (await Promise.all(seen)) as [
      { runs: { id: string; state: string }[] },
      { iteration: number },
    ];
    assert.deepEqual(
      list.runs.map(({ id, state }) => [id, state]),
      [["gan-ring-0", "done"]],
    );
    assert.equal(run.iteration, 3);
    assert.equal(status, 0, stdout);
  });

  test("beside a training, for as long as that goes on", async () => {
    const running = start(["train", "gan", ...QUICK, "--studio", "--steps", "100000", "--out", "watched"], {
      cwd,
    });
    const address = await new Promise<string>((resolve, reject) => {
      let text = "";
      running.child.stderr?.on("data", (more: string) => {
        text += more;
        const found = /Studio: (http:\S+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
      void running.finished.then(({ stderr }) => reject(new Error(stderr)));
    });
    // The run is there with its first iteration.
    for (let state = "new"; state !== "running"; ) {
      const run = await jsonAt(address).catch(() => ({ state: "new" }));
      state = String(run.state);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    running.child.kill("SIGINT");
    assert.equal((await running.finished).status, 130);
    for (;;) {
      const answers = await jsonAt(address).then(
        () => true,
        () => false,
      );
      if (!answers) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  test("refuses what is no folder, and no port", async () => {
    await refuse(["studio", "nowhere"], 2, /nowhere: not a folder; name one with runs/, { cwd });
    await refuse(["studio", "runs", "--port", "http"], 2, /--port http: a whole number/, { cwd });
  });
});
