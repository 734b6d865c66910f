import { readFile } from "node:fs/promises";
import { engineFiles } from "@gantry/web/page";
import type { Context, Hono } from "hono";
import { answer } from "../answers.js";
import type { ListedRun } from "../runs/row.js";
import type { Models } from "./models.js";

const ID = ":id{[\\s\\S]+}";

/** What the page of latents asks for; its own address is with the other pages'. */
export function addLatents(app: Hono, models: Models, runOf: (context: Context) => Promise<ListedRun>): void {
  app.get("/assets/:name{worker\\.js|runtime\\.js}", async (context) => {
    const bytes = await readFile(engineFiles[context.req.param("name") as keyof typeof engineFiles]);
    return answer(context, bytes, "text/javascript");
  });
  app.get(`/model/:player{generator|discriminator}/:iteration{\\d+}/${ID}`, async (context) => {
    const player = context.req.param("player") as "generator" | "discriminator";
    const run = await runOf(context);
    const bytes = new Uint8Array(await models.bytes(run, Number(context.req.param("iteration")), player));
    return context.body(bytes, 200, { "content-type": "application/octet-stream" });
  });
  app.post(`/nearest/:iteration{\\d+}/${ID}`, async (context) => {
    const { latents, size } = (await context.req.json()) as { latents?: unknown; size?: unknown };
    const run = await runOf(context);
    const picture = await models.nearest(run, Number(context.req.param("iteration")), latents, size);
    return context.body(new Uint8Array(picture), 200, { "content-type": "image/png" });
  });
}
