import type { Hono } from "hono";
import { json, wantsJson } from "../answers.js";
import { isObject } from "../objects.js";
import { Refusal } from "../refusal.js";
import { shell } from "../shell.js";
import type { Labs } from "./labs.js";
import type { LabRequest } from "./messages.js";
import type { Session } from "./session.js";

/** Trainings of a session. */
const SIDES = 2;

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

/** @throws Refusal */
function requestsOf(body: unknown): LabRequest[] {
  const sides = isObject(body) && Array.isArray(body.sides) ? body.sides : [];
  if (sides.length === 0 || sides.length > SIDES) throw new Refusal("One training, or two side by side.");
  return sides.map(requestOf);
}

const SESSION = ":id{[0-9a-f]{16}}";

/** What the lab's page asks and does. */
export function addLab(app: Hono, labs: Labs): void {
  app.get("/:page{lab(\\.json)?}", async (context) => {
    if (!wantsJson(context)) return context.html(await shell());
    const id = context.req.query("session");
    return json(context, id === undefined ? await labs.recipes() : await labs.get(id).look(-1));
  });
  app.get("/lab/recipes.json", async (context) => context.json(await labs.recipes()));
  app.get(`/lab/${SESSION}`, async (context) =>
    context.json(await labs.get(context.req.param("id")).look(Number(context.req.query("after") ?? -1))),
  );
  app.post("/lab/begin", async (context) =>
    context.json({ message: labs.begin(requestsOf(await context.req.json())) }),
  );
  app.post(`/lab/${SESSION}/:what{play|pause|step|change|end}`, async (context) => {
    const { id, what } = context.req.param() as { id: string; what: string };
    const body: unknown = await context.req.json();
    if (what === "end") labs.end(id);
    else order(labs.get(id), what, isObject(body) ? body : {});
    return context.json({ message: "" });
  });
}

function order(session: Session, what: string, given: Readonly<Record<string, unknown>>): void {
  if (what === "play") session.play(Number(given.rate) || 0);
  else if (what === "step") session.step(typeof given.phase === "string" ? given.phase : null);
  else if (what === "change")
    session.change(Number(given.side), words(given.with ?? []), words(given.set ?? []));
  else session.pause();
}
