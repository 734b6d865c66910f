import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { LabMessage } from "@gantry/gan/lab";
import { type LabJson, type Studio, startStudio } from "../index.js";
import { madeFolder } from "../testing/runs.js";

const { folder, remove } = madeFolder();
const SMALL = ["net.generatorHidden=[6]", "net.discriminatorHidden=[6]", "batch=16", "steps=40", "threads=1"];
let studio: Studio;
let token = "";
let base = "";

before(async () => {
  studio = await startStudio({ folder, port: 0, gantry: [] });
  const address = new URL(studio.address);
  token = address.searchParams.get("token") ?? "";
  base = address.origin;
});
after(async () => {
  await studio.close();
  remove();
});

const authorization = () => ({ authorization: `Bearer ${token}` });
const post = async (path: string, body: unknown) => {
  const init = { method: "POST", headers: authorization(), body: JSON.stringify(body) };
  const response = await fetch(base + path, init);
  return {
    status: response.status,
    ...((await response.json()) as { id?: string; name?: string; message?: string }),
  };
};
const lab = async () =>
  (await (await fetch(`${base}/lab.json`, { headers: authorization() })).json()) as LabJson;

/** What a training tells, message by message. */
async function* messagesOf(id: string): AsyncGenerator<LabMessage> {
  const { body } = await fetch(`${base}/lab/${id}/events`, { headers: authorization() });
  let text = "";
  for await (const bytes of body!) {
    text += Buffer.from(bytes as Uint8Array).toString("utf8");
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) yield JSON.parse(event.replace(/^data: /, "")) as LabMessage;
  }
}

test("a training is begun, watched, stepped, gone on with otherwise, and is a run", async () => {
  const { recipes } = await lab();
  assert.equal(recipes.find(({ name }) => name === "gan")?.preset, "small");
  const { name } = await post("/lab/points", {
    points: [0, 0, 1, 1, 0.5, -0.5, 2, 2, ...Array(40).fill(0.25)],
  });
  assert.match(
    readFileSync(join(folder, "lab", "points", `points-${name}.csv`), "utf8"),
    /^0,0\n1,1\n0.5,-0.5\n/,
  );
  const order = { recipe: "gan", preset: "small", data: `points:${name}`, seed: 3, set: SMALL };
  const { id = "" } = await post("/lab", order);
  const messages: LabMessage[] = [];
  for await (const message of messagesOf(id)) {
    messages.push(message);
    const frames = messages.filter(({ say }) => say === "frame").length;
    if (message.say === "opened") await post(`/lab/${id}`, { do: "iterate", count: 3 });
    if (frames === 2 && message.say === "frame")
      await post(`/lab/${id}`, { do: "step", phase: "discriminator" });
    if (frames === 3) break;
  }
  const last = messages.at(-1);
  assert.ok(last?.say === "frame" && last.frame.iteration === 3 && last.frame.modes === undefined);
  assert.equal((await lab()).trainings[0]?.run, "lab/gan-1");
  const other = await post("/lab", { run: id, with: ["packing:degree=2"], set: ["steps=50"] });
  for await (const message of messagesOf(other.id!)) {
    assert.notEqual(message.say, "error", JSON.stringify(message));
    if (message.say === "frame") {
      assert.equal(message.frame.iteration, 3);
      break;
    }
  }
  const config = JSON.parse(readFileSync(join(folder, "lab", "gan-2", "config.json"), "utf8"));
  assert.deepEqual(
    [config.config.terms.packing.degree, config.config.seed, config.forkedFrom.iteration],
    [2, 3, 3],
  );
  await post(`/lab/${other.id}`, { do: "close" });
});

test("what a page may not ask for is refused in a line", async () => {
  for (const [path, body, message] of [
    ["/lab", { recipe: "gan", data: "/etc/passwd" }, /name of a set of points/],
    ["/lab", { recipe: "gan", data: "points:000000000000" }, /not here any more/],
    ["/lab", { recipe: "gan", with: "packing" }, /lists of words/],
    ["/lab", { run: "99" }, /has ended/],
    ["/lab/99", { do: "iterate", count: 1 }, /has ended/],
    ["/lab/points", { points: [1, 2, 3] }, /list of numbers/],
    ["/lab/points", { points: [] }, /There are 0 points/],
  ] as const) {
    const answer = await post(path, body);
    assert.equal(answer.status, 409, path);
    assert.match(answer.message ?? "", message);
  }
  const { id = "" } = await post("/lab", { recipe: "nothing" });
  for await (const message of messagesOf(id)) {
    assert.ok(message.say === "error" && /unknown recipe 'nothing'/.test(message.message));
    break;
  }
  assert.ok(!existsSync(join(folder, "lab", "nothing-1")));
});
