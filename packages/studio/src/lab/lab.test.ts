import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Studio, startStudio } from "../index.js";
import { madeFolder } from "../testing/runs.js";
import type { LabFrame, LabRecipe, LabRequest } from "./messages.js";

const { folder, remove } = madeFolder();
let studio: Studio;
before(async () => {
  studio = await startStudio({ folder, port: 0, gantry: [] });
});
after(async () => {
  await studio.close();
  remove();
});

interface Look {
  readonly count: number;
  readonly frame: LabFrame | null;
  readonly trouble: string | null;
}

async function ask<Data>(path: string, body?: unknown): Promise<Data> {
  const url = new URL(studio.address);
  const headers = { authorization: `Bearer ${url.searchParams.get("token")}` };
  const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
  return (await (await fetch(url.origin + path, init)).json()) as Data;
}

const begin = async (request: Partial<LabRequest>) =>
  (
    await ask<{ message: string }>("/lab/begin", {
      recipe: "gan",
      data: { name: "ring" },
      seed: 0,
      ...request,
    })
  ).message;

/** Looks until it is as it should be. */
async function until(id: string, fits: (look: Look) => boolean): Promise<Look> {
  for (let after = 0; ; ) {
    const look = await ask<Look>(`/lab/${id}?after=${after}`);
    if (fits(look)) return look;
    after = look.count;
  }
}

test("a training is begun, played, paused, stepped, changed and left as ordinary runs", async () => {
  const id = await begin({ set: ["batch=16", "steps=500"] });
  const { frame } = await until(id, (look) => look.frame !== null);
  assert.equal(frame?.iteration, 0);
  assert.equal(frame?.run, "lab-gan-0");
  await ask(`/lab/${id}/step`, {});
  await until(id, (look) => look.frame?.iteration === 1);
  const stepped = await ask<Look>(`/lab/${id}?after=-1`);
  await ask(`/lab/${id}/step`, { phase: "discriminator" });
  const alone = await until(id, (look) => look.count > stepped.count);
  assert.equal(alone.frame?.iteration, 1);
  assert.notDeepEqual(alone.frame?.surface, stepped.frame?.surface);
  assert.deepEqual(alone.frame?.fake, stepped.frame?.fake);
  await ask(`/lab/${id}/play`, { rate: 0 });
  await until(id, (look) => look.frame?.playing === true && look.frame.iteration > 3);
  await ask(`/lab/${id}/pause`, {});
  const paused = await until(id, (look) => look.frame?.playing === false);
  await ask(`/lab/${id}/change`, { set: ["no.such.setting=1"] });
  const refused = await until(id, (look) => look.trouble !== null);
  assert.match(refused.trouble ?? "", /no/);
  await ask(`/lab/${id}/change`, { with: ["packing"], set: ["batch=32"] });
  const changed = await until(id, (look) => look.frame?.run === "lab-gan-0-2");
  assert.ok((changed.frame?.iteration ?? 0) >= (paused.frame?.iteration ?? 1));
  // D judges packs now.
  assert.equal(changed.frame?.surface, null);
  await ask(`/lab/${id}/end`, {});
  const stateOf = (run: string) => {
    try {
      return (JSON.parse(readFileSync(join(folder, run, "heartbeat.json"), "utf8")) as { state: string })
        .state;
    } catch {
      return "";
    }
  };
  while (stateOf("lab-gan-0-2") !== "stopped") await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(stateOf("lab-gan-0"), "stopped");
  assert.equal(
    readdirSync(join(folder, "lab-gan-0-2/checkpoints")).filter((name) => name.startsWith("step")).length > 0,
    true,
  );
});

test("points of one's own; what does not go together is told", async () => {
  const points: [number, number][] = [
    [0, 0],
    [1, 1],
  ];
  const id = await begin({ data: { name: "drawn", points } });
  const { frame } = await until(id, (look) => look.frame !== null);
  assert.equal(frame?.modes.length, 8);
  const wrong = await begin({ recipe: "nothing" });
  assert.match((await until(wrong, (look) => look.trouble !== null)).trouble ?? "", /nothing/);
  assert.match((await ask<{ message: string }>("/lab/begin", { recipe: "../x" })).message, /recipe/);
  assert.match((await ask<{ message: string }>("/lab/0123456789abcdef")).message, /has ended/);
});

test("the recipes that train on points", async () => {
  const names = (await ask<LabRecipe[]>("/lab/recipes.json")).map(({ name }) => name);
  for (const name of ["gan", "reg-gan-points", "unrolled"]) assert.ok(names.includes(name), names.join());
  assert.ok(!names.includes("dcgan"));
});
