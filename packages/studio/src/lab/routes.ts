import { pointRecipes } from "@gantry/gan/lab";
import type { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { LabJson } from "../json.js";
import type { Labs } from "./labs.js";

/** What the lab's page asks for; its own address is with the other pages'. */
export function addLab(app: Hono, labs: Labs): void {
  app.post("/lab", async (context) => context.json({ id: await labs.begin(await context.req.json()) }));
  app.post("/lab/points", async (context) => {
    const { points } = (await context.req.json()) as { points?: unknown };
    return context.json({ name: await labs.keep(points) });
  });
  app.post("/lab/:id{\\d+}", async (context) => {
    labs.do(context.req.param("id"), await context.req.json());
    return context.json({});
  });
  app.get("/lab/:id{\\d+}/events", (context) =>
    streamSSE(context, async (stream) => {
      const leave = labs.listen(context.req.param("id"), (message) => {
        void stream.writeSSE({ data: JSON.stringify(message) });
      });
      await new Promise<void>((gone) => stream.onAbort(gone));
      leave();
    }),
  );
}

/** The page's numbers: what can be trained, and where each training stands. */
export async function labJson(labs: Labs): Promise<LabJson> {
  const recipes = await pointRecipes();
  return {
    recipes: recipes.map(({ name, summary, preset }) => ({ name, summary, preset: preset ?? null })),
    trainings: labs.json(),
  };
}
