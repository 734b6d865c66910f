import type { Hono } from "hono";
import { isObject } from "../objects.js";
import { Refusal } from "../refusal.js";
import type { Labs } from "./labs.js";
import type { LabOrder, LabRequest } from "./messages.js";

const words = (value: unknown): string[] => {
  if (!Array.isArray(value) || !value.every((word) => typeof word === "string"))
    throw new Refusal("Settings and terms are words of the command line.");
  return value;
};

/** @throws Refusal for what no page of the studio sends */
function requestOf(body: unknown): LabRequest {
  if (!isObject(body) || typeof body.recipe !== "string" || !isObject(body.data))
    throw new Refusal("A training of the lab has a recipe and data.");
  if (!/^[\w-]+$/.test(body.recipe)) throw new Refusal(`There is no recipe '${body.recipe}'.`);
  const { name, points } = body.data;
  return {
    recipe: body.recipe,
    with: words(body.with ?? []),
    set: words(body.set ?? []),
    seed: Number.isInteger(body.seed) ? (body.seed as number) : 0,
    data: {
      name: String(name),
      ...(Array.isArray(points) ? { points: points as [number, number][] } : {}),
    },
  };
}

function orderOf(what: string, body: unknown): LabOrder {
  const given = isObject(body) ? body : {};
  if (what === "play") return { do: "play", rate: Number(given.rate) || 0 };
  if (what === "step") return { do: "step", phase: typeof given.phase === "string" ? given.phase : null };
  if (what === "change") return { do: "change", with: words(given.with ?? []), set: words(given.set ?? []) };
  return { do: "pause" };
}

/** What the lab's page asks and does. */
export function addLab(app: Hono, labs: Labs): void {
  app.get("/lab/recipes.json", async (context) => context.json(await labs.recipes()));
  app.get("/lab/:id{[0-9a-f]{16}}", async (context) => {
    const { count, frame, trouble } = await labs
      .get(context.req.param("id"))
      .look(Number(context.req.query("after") ?? -1));
    return context.json({ count, frame, trouble });
  });
  app.post("/lab/begin", async (context) =>
    context.json({ message: labs.begin(requestOf(await context.req.json())) }),
  );
  app.post("/lab/:id{[0-9a-f]{16}}/:what{play|pause|step|change|end}", async (context) => {
    const { id, what } = context.req.param() as { id: string; what: string };
    if (what === "end") labs.end(id);
    else labs.get(id).order(orderOf(what, await context.req.json()));
    return context.json({ message: "" });
  });
}
