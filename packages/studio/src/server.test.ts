import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type CompareJson, type RunJson, type RunsJson, type Studio, startStudio } from "./index.js";
import { addEvents, losses, madeFolder, makeRun } from "./testing/runs.js";

const { folder, remove } = madeFolder();
const HOSTILE = `<img src=x onerror=alert(1)>"'&%20`;
const PLUS = "tabs\tand\nlines+100%";
/** Stands for the command: it diagnoses, and all else succeeds at once. */
const DIAGNOSE = `
  const words = process.argv.slice(1);
  const found = [{ name: "collapse", summary: "samples are alike", cause: "D judges one at a time", advice:
    [{ command: "gantry fork " + words[1] + "@0 --with packing", meaning: "packs" }] }];
  if (words[0] === "diagnose") {
    console.log(JSON.stringify(words[1] === "--list" ? found : { findings: found }));
    process.exitCode = words[1] === "--list" ? 0 : 3;
  }`;
let studio: Studio;
let token = "";
let base = "";

before(async () => {
  const score = { name: "fid", better: "lower", value: 20, samples: {}, conventions: {} };
  await makeRun(folder, "dcgan-0", {
    settings: { recipe: "dcgan", batch: 32 },
    events: losses(200),
    samples: [1, 100, 200],
    iteration: 200,
    scores: [score],
  });
  for (const seed of [0, 1])
    await makeRun(folder, `sweep/gan-seed=${seed}`, {
      settings: { seed },
      events: losses(100, seed + 1),
      samples: [1, 100],
      iteration: 100,
      scores: [{ ...score, value: 10 + seed }],
    });
  await makeRun(folder, "killed", { state: "running", iteration: 7 });
  await makeRun(folder, HOSTILE, { events: losses(3), samples: [1] });
  await makeRun(folder, PLUS);
  await makeRun(folder, ".bin/gone");
  await makeRun(folder, "damaged");
  writeFileSync(join(folder, "damaged", "config.json"), "{");
  studio = await startStudio({ folder, port: 0, gantry: [process.execPath, "-e", DIAGNOSE] });
  const address = new URL(studio.address);
  token = address.searchParams.get("token") ?? "";
  base = address.origin;
});
after(async () => {
  await studio.close();
  remove();
});

/** Asks as a program does, with the token. */
const ask = (path: string, init: RequestInit = {}) =>
  fetch(base + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
const json = async <Data>(path: string): Promise<Data> => (await (await ask(path)).json()) as Data;
/** The list, once every run in it has been looked at. */
async function wholeList(): Promise<RunsJson> {
  for (;;) {
    const list = await json<RunsJson>("/runs.json");
    if (list.unread === 0) return list;
  }
}
const runPath = (id: string) => id.split("/").map(encodeURIComponent).join("/");

/** Asks with headers that fetch() would not send. */
const askRaw = (path: string, headers: Readonly<Record<string, string>>, method = "GET") =>
  new Promise<{ status: number; headers: Readonly<Record<string, unknown>> }>((resolve, reject) => {
    const sent = request(base + path, { headers, method }, (response) => {
      response.resume();
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    sent.on("error", reject);
    sent.end();
  });

describe("who is let in", () => {
  test("nobody without the token; by the address once, then by a cookie that scripts do not see", async () => {
    for (const path of ["/", "/runs.json", "/assets/main.js", "/samples/1/dcgan-0"])
      assert.equal((await askRaw(path, {})).status, 401, path);
    assert.equal((await askRaw("/?token=wrong", {})).status, 401);
    const let_in = await askRaw(`/run/dcgan-0?at=1&token=${token}`, {});
    assert.equal(let_in.status, 303);
    assert.equal(let_in.headers.location, "/run/dcgan-0?at=1");
    const [cookie = ""] = let_in.headers["set-cookie"] as string[];
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /SameSite=Strict/);
    assert.equal((await askRaw("/", { cookie: cookie.split(";")[0]! })).status, 200);
    assert.equal((await askRaw("/", { cookie: `${cookie.split("=")[0]}=wrong` })).status, 401);
  });

  test("not under a name that only leads here, nor for pages of other origins", async () => {
    const authorization = `Bearer ${token}`;
    assert.equal((await askRaw("/runs.json", { authorization, host: "evil.example:80" })).status, 403);
    assert.equal((await askRaw("/runs.json", { authorization, host: "127.0.0.1.evil.example" })).status, 403);
    assert.equal((await askRaw("/runs.json", { authorization, host: "localhost:4000" })).status, 200);
    assert.equal((await askRaw("/runs.json", { authorization, origin: "http://evil.example" })).status, 403);
    assert.equal((await askRaw("/runs.json", { authorization, origin: "null" })).status, 403);
    const port = new URL(base).port;
    const cookie = `gantry-studio-${port}=${token}`;
    assert.equal((await askRaw("/bin/dcgan-0", { cookie }, "POST")).status, 403);
    assert.equal(
      (await askRaw("/bin/dcgan-0", { cookie, origin: "http://localhost:1" }, "POST")).status,
      403,
    );
  });

  test("pages may load nothing from elsewhere, and no script but the studio's", async () => {
    const { headers } = await ask("/");
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'; script-src 'self'/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    // A name is there only in the address that the browser asks for meanwhile.
    const page = await (await ask(`/run/${runPath(HOSTILE)}?from=1&to="><script>`)).text();
    const preload = /<link rel="preload" as="fetch" crossorigin href="([^"<>]+)">/.exec(page)?.[1] ?? "";
    assert.equal(preload, `/run/${runPath(HOSTILE)}.json?from=1&amp;to=%22%3E%3Cscript%3E`);
    assert.doesNotMatch(page.replace(preload, ""), /onerror|<img/);
    assert.equal((await ask(preload.replaceAll("&amp;", "&"))).status, 200);
  });

  test("a browser keeps code and style by their version, and nothing else", async () => {
    const page = await (await ask("/")).text();
    for (const name of ["main.js", "main.css"]) {
      const address = new RegExp(`"(/assets/${name}\\?[\\w-]+)"`).exec(page)?.[1] ?? "";
      assert.match((await ask(address)).headers.get("cache-control") ?? "", /immutable/);
      assert.equal((await ask(`/assets/${name}?other`)).headers.get("cache-control"), "no-cache");
    }
    assert.equal((await ask("/runs.json")).headers.get("cache-control"), "no-cache");
  });
});

test("no engine is loaded", () => {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  assert.deepEqual(
    sharedObjects.filter((file) => /torch/.test(file.split("/").at(-1) ?? "")),
    [],
  );
});

describe("the list", () => {
  test("every run, what it is doing, its score, and the settings that differ", async () => {
    const { runs, varying } = await wholeList();
    assert.deepEqual(
      new Map(runs.map(({ id, state }) => [id, state])),
      new Map([
        [HOSTILE, "done"],
        ["damaged", "unreadable"],
        ["dcgan-0", "done"],
        ["killed", "killed"],
        ["sweep/gan-seed=0", "done"],
        ["sweep/gan-seed=1", "done"],
        [PLUS, "done"],
      ] as const),
    );
    assert.deepEqual([...varying].sort(), ["batch", "recipe", "seed"]);
    const row = runs.find(({ id }) => id === "dcgan-0");
    assert.equal(row?.settings.batch, 32);
    assert.deepEqual(row?.score, { name: "fid", value: 20, better: "lower" });
    assert.equal(row?.sample, 200);
    assert.match(runs.find(({ id }) => id === "damaged")?.trouble ?? "", /not readable as JSON/);
    const accepted = await ask("/", { headers: { accept: "application/json" } });
    assert.deepEqual(((await accepted.json()) as RunsJson).varying, varying);
  });

  test("findings and scores of events that came since", async () => {
    addEvents(join(folder, "dcgan-0"), [
      { event: "finding", iteration: 200, name: "collapse", severity: "problem", title: "G collapses" },
    ]);
    // A look at the folder holds for a moment.
    await new Promise((resolve) => setTimeout(resolve, 600));
    const { runs } = await wholeList();
    const row = runs.find(({ id }) => id === "dcgan-0");
    assert.deepEqual(
      row?.findings.map(({ title, severity }) => [title, severity]),
      [["G collapses", "problem"]],
    );
  });
});

test("findings are explained, and what helps is asked of gantry diagnose", async () => {
  // Meanings are asked for when the first finding is seen.
  for (let tries = 0; ; tries++) {
    const { findings } = await json<RunJson>("/run/dcgan-0.json");
    if (findings[0]?.cause === "D judges one at a time") break;
    assert.ok(tries < 600, JSON.stringify(findings));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(await json("/advice/dcgan-0"), {
    collapse: [{ command: `gantry fork ${join(folder, "dcgan-0")}@0 --with packing`, meaning: "packs" }],
  });
});

describe("a run", () => {
  test("curves, pictures, settings, and only what has changed is sent again", async () => {
    const run = await json<RunJson>("/run/dcgan-0.json?points=50");
    assert.equal(run.state, "done");
    assert.equal(run.curves["generator/loss"]?.at.at(-1), 200);
    assert.ok((run.curves["generator/loss"]?.at.length ?? 0) <= 50);
    assert.deepEqual(
      run.grids.map(({ iteration }) => iteration),
      [1, 100, 200],
    );
    assert.equal(run.scores[0]?.value, 20);
    const first = await ask("/run/dcgan-0.json");
    const etag = first.headers.get("etag") ?? "";
    assert.equal((await ask("/run/dcgan-0.json", { headers: { "if-none-match": etag } })).status, 304);
    const picture = await ask("/samples/100/dcgan-0");
    assert.equal(picture.headers.get("content-type"), "image/png");
    const file = readFileSync(join(folder, "dcgan-0/samples/000100.png"));
    assert.deepEqual(Buffer.from(await picture.arrayBuffer()), file);
    assert.equal((await ask("/samples/101/dcgan-0")).status, 404);
  });

  test("whatever it is called; and nothing outside the folder", async () => {
    for (const id of [HOSTILE, PLUS])
      assert.equal((await json<RunJson>(`/run/${runPath(id)}.json`)).id, id, id);
    for (const id of ["..%2F..%2Fetc", "..", ".bin/gone", "nothing", "dcgan-0/samples"])
      assert.ok([404, 409].includes((await ask(`/run/${id}.json`)).status), id);
    assert.equal((await ask("/samples/1/..%2F..%2Fdcgan-0")).status, 409);
  });

  test("pictures of a future that was given up are told as such", async () => {
    const path = await makeRun(folder, "restarted", {
      events: [...losses(100), { event: "resume", iteration: 50 }],
      samples: [50, 100],
      iteration: 50,
      state: "stopped",
    });
    assert.ok(existsSync(path));
    const { grids, restarts } = await json<RunJson>("/run/restarted.json");
    assert.deepEqual(
      grids.map(({ givenUp }) => givenUp),
      [false, true],
    );
    assert.deepEqual(restarts, [{ iteration: 50, before: 100 }]);
  });
});

describe("runs side by side", () => {
  const query = "run=sweep/gan-seed%3D0&run=sweep/gan-seed%3D1&run=dcgan-0";

  test("means over seeds, what differs, pictures", async () => {
    const { comparison, grouped, legend, plots, samples } = await json<CompareJson>(`/compare.json?${query}`);
    assert.equal(grouped, true);
    assert.equal(legend.length, 2);
    const plot = plots.find(({ name }) => name === "discriminator/loss");
    const [line] = plot?.lines ?? [];
    assert.equal(line?.mean[0], 1.5);
    assert.ok(Math.abs((line?.deviation[0] ?? 0) - Math.SQRT1_2) < 1e-12);
    assert.deepEqual(
      comparison.differences.map(({ path }) => path),
      ["recipe", "batch", "seed"],
    );
    assert.equal(samples[2]?.grids.length, 3);
    assert.equal((await ask("/compare.json?run=nothing")).status, 409);
    assert.equal((await ask("/compare.json")).status, 409);
  });

  test("as one file that needs nothing beside it, with its pictures and without scripts too", async () => {
    const page = await (await ask(`/compare.html?${query}&run=${encodeURIComponent(HOSTILE)}`)).text();
    assert.match(page, /<svg.*discriminator\/loss.*<\/svg>/s);
    assert.equal(page.match(/src="data:image\/png;base64,iVBOR/g)?.length, 4);
    assert.doesNotMatch(page, /<img src=x/);
    assert.doesNotMatch(page, /(src|href)="(?!data:|#)/);
    assert.equal(page.match(/<\/script>/g)?.length, 2);
  });
});

describe("what a person clicks", () => {
  const post = async (path: string, body: unknown = {}) => {
    const response = await ask(path, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, ...((await response.json()) as { message: string }) };
  };

  test("stops the process that holds the run's lock, and no other", async () => {
    assert.match((await post("/stop/dcgan-0")).message, /on another machine|not running/);
    const child = await lockedRun("live");
    const ended = new Promise<string | null>((resolve) => child.on("exit", (_, signal) => resolve(signal)));
    assert.equal((await json<RunJson>("/run/live.json")).stoppable, true);
    assert.equal((await post("/bin/live")).status, 409);
    assert.equal((await post("/stop/live")).status, 200);
    assert.equal(await ended, "SIGTERM");
    assert.match((await post("/stop/live")).message, /not running/);
  });

  test("moves a run into the bin, from which it can be taken back", async () => {
    await makeRun(folder, "old", { events: losses(2) });
    assert.equal((await post("/bin/old")).status, 200);
    assert.ok(!existsSync(join(folder, "old")));
    assert.ok(readdirSync(join(folder, ".bin")).some((name) => name.startsWith("old-")));
    assert.equal((await ask("/run/old.json")).status, 409);
  });

  test("begins a fork by the command", async () => {
    assert.equal((await post("/fork/dcgan-0", { words: ["", "--set", "steps=5"] })).status, 200);
    assert.equal((await post("/fork/dcgan-0", { words: "rm" })).status, 409);
  });
});

/** A process that holds a run's lock, as a training does. */
async function lockedRun(name: string): Promise<ChildProcess> {
  const path = await makeRun(folder, name, { state: "running", events: losses(3) });
  const program = `
    import { RunLock } from ${JSON.stringify(import.meta.resolve("@gantry/gan/run"))};
    await RunLock.acquire(${JSON.stringify(path)});
    process.send("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await new Promise((resolve) => child.once("message", resolve));
  const beat = { pid: child.pid, host: hostname(), time: new Date(), iteration: 3, state: "running" };
  writeFileSync(join(path, "heartbeat.json"), JSON.stringify(beat));
  return child;
}
