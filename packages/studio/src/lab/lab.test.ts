import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Studio, startStudio } from "../index.js";
import { madeFolder } from "../testing/runs.js";
import type { LabFrame, LabJson, LabRecipe, LabRequest } from "./messages.js";

const { folder, remove } = madeFolder();
let studio: Studio;
before(async () => {
  studio = await startStudio({ folder, port: 0, gantry: [] });
});
after(async () => {
  await studio.close();
  remove();
});

/** A session's only side. */
interface Look {
  readonly count: number;
  readonly playing: boolean;
  readonly frame: LabFrame | null;
  readonly trouble: string | null;
}

async function ask<Data>(path: string, body?: unknown): Promise<Data> {
  const url = new URL(studio.address);
  const headers = { authorization: `Bearer ${url.searchParams.get("token")}` };
  const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
  return (await (await fetch(url.origin + path, init)).json()) as Data;
}

const request = { recipe: "gan", data: { name: "ring" }, seed: 0 };
const begin = async (...sides: Partial<LabRequest>[]) =>
  (await ask<{ message: string }>("/lab/begin", { sides: sides.map((side) => ({ ...request, ...side })) }))
    .message;

const lookAt = async (id: string, after: number): Promise<Look> => {
  const { count, playing, sides } = await ask<LabJson>(`/lab/${id}?after=${after}`);
  return { count, playing, ...sides[0]! };
};

/** Looks until it is as it should be. */
async function until(id: string, fits: (look: Look) => boolean): Promise<Look> {
  for (let after = 0; ; ) {
    const look = await lookAt(id, after);
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
  const stepped = await lookAt(id, -1);
  await ask(`/lab/${id}/step`, { phase: "discriminator" });
  const alone = await until(id, (look) => look.count > stepped.count);
  assert.equal(alone.frame?.iteration, 1);
  assert.notDeepEqual(alone.frame?.surface, stepped.frame?.surface);
  assert.deepEqual(alone.frame?.fake, stepped.frame?.fake);
  await ask(`/lab/${id}/play`, { rate: 0 });
  await until(id, (look) => look.playing && (look.frame?.iteration ?? 0) > 3);
  await ask(`/lab/${id}/pause`, {});
  const paused = await until(id, (look) => !look.playing);
  await ask(`/lab/${id}/change`, { side: 0, set: ["no.such.setting=1"] });
  const refused = await until(id, (look) => look.trouble !== null);
  assert.match(refused.trouble ?? "", /no/);
  await ask(`/lab/${id}/change`, { side: 0, with: ["packing"], set: ["batch=32"] });
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

test("two go in lockstep, however long each takes: played, stepped, changed to end sooner", async () => {
  const slow = { recipe: "unrolled", set: ["batch=64", "steps=100000"] };
  const id = await begin({ set: ["batch=16", "steps=100000"] }, slow);
  const looks: LabJson[] = [];
  const lookUntil = async (fits: (look: LabJson) => boolean) => {
    for (;;) {
      const look = await ask<LabJson>(`/lab/${id}?after=${looks.at(-1)?.count ?? -1}`);
      looks.push(look);
      assert.deepEqual(
        look.sides.map(({ trouble }) => trouble),
        [null, null],
      );
      if (fits(look)) return look;
    }
  };
  const iterations = ({ sides }: LabJson) => sides.map(({ frame }) => frame?.iteration);
  await lookUntil(({ sides }) => sides.every(({ frame }) => frame !== null));
  await ask(`/lab/${id}/play`, { rate: 0 });
  await lookUntil((look) => look.playing && (iterations(look)[0] ?? 0) > 20);
  await ask(`/lab/${id}/pause`, {});
  const paused = await lookUntil(({ playing }) => !playing);
  const [at = 0] = iterations(paused);
  await ask(`/lab/${id}/step`, { phase: null });
  await lookUntil((look) => iterations(look).join() === `${at + 1},${at + 1}`);
  const before = looks.at(-1)!;
  await ask(`/lab/${id}/step`, { phase: "generator" });
  const moved = await lookUntil(({ count }) => count > before.count);
  assert.deepEqual(iterations(moved), iterations(before));
  for (const side of [0, 1])
    assert.notDeepEqual(moved.sides[side]?.frame?.fake, before.sides[side]?.frame?.fake);
  const steps = at + 5;
  await ask(`/lab/${id}/change`, { side: 0, set: [`steps=${steps}`] });
  await lookUntil(({ sides }) => sides[0]?.frame?.steps === steps);
  for (const look of looks.filter(({ sides }) => sides.every(({ frame }) => frame !== null)))
    assert.equal(new Set(iterations(look)).size, 1, iterations(look).join());
  // One that is done stays where it is; the other goes on.
  await ask(`/lab/${id}/play`, { rate: 0 });
  const last = await lookUntil((look) => (iterations(look)[1] ?? 0) > steps + 3);
  assert.equal(last.sides[0]?.frame?.done, true);
  assert.equal(iterations(last)[0], steps);
  await ask(`/lab/${id}/end`, {});
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
  assert.match(
    (await ask<{ message: string }>("/lab/begin", { sides: [{ ...request, recipe: "../x" }] })).message,
    /recipe/,
  );
  assert.match((await ask<{ message: string }>("/lab/0123456789abcdef")).message, /have ended/);
});

test("the recipes that train on points", async () => {
  const names = (await ask<LabRecipe[]>("/lab/recipes.json")).map(({ name }) => name);
  for (const name of ["gan", "reg-gan-points", "unrolled"]) assert.ok(names.includes(name), names.join());
  assert.ok(!names.includes("dcgan"));
});
