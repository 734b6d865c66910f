import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { sampleFile } from "@gantry/gan/run";
import { type Context, Hono } from "hono";
import { guard } from "./access.js";
import { begin, stop, throwAway } from "./actions.js";
import { answer, json, wantsJson } from "./answers.js";
import { compareSummaries } from "./compared.js";
import { Diagnosis } from "./diagnosis.js";
import type { Labs } from "./lab/labs.js";
import { addLab } from "./lab/routes.js";
import type { Models } from "./latents/models.js";
import { addLatents } from "./latents/routes.js";
import { isObject } from "./objects.js";
import { type PageFile, pageFile, pageVersion } from "./pageFiles.js";
import { Reals } from "./reals.js";
import { Refusal } from "./refusal.js";
import { gridsOf, KEPT, RunDetails } from "./runs/detail.js";
import type { RunList } from "./runs/list.js";
import type { ListedRun } from "./runs/row.js";
import { embeddedSamples, sharedPage } from "./shared.js";
import { shell } from "./shell.js";

export interface ServerOptions {
  readonly list: RunList;
  readonly models: Models;
  readonly token: string;
  readonly labs: Labs;
  /** The program that begins forks, and its first words. */
  readonly gantry: readonly string[];
}

/** Stretches of a curve: a screen shows no more. */
const POINTS = 600;
const MOST_POINTS = 2048;
/** Milliseconds that a comparison waits for events; the rest is read meanwhile, and told the next time. */
const PATIENCE = 300;
/** Runs that are compared at once. */
const COMPARED = 100;

/** The studio's pages, and what they show as JSON at the same addresses. */
export function makeServer({ list, labs, models, token, gantry }: ServerOptions): Hono {
  const app = new Hono();
  const details = new RunDetails();
  const reals = new Reals();
  const diagnosis = new Diagnosis(gantry);
  app.use(guard(token));
  app.onError((error, context) =>
    context.json({ message: error.message }, error instanceof Refusal || isUsage(error) ? 409 : 500),
  );
  app.notFound((context) => context.json({ message: "There is nothing at this address." }, 404));

  app.get("/assets/:name{main\\.js|main\\.css}", async (context) => {
    const name = context.req.param("name") as PageFile;
    const type = name.endsWith(".js") ? "text/javascript" : "text/css";
    const response = answer(context, await pageFile(name), `${type}; charset=utf-8`);
    // Asked for by its version, it stays what it is.
    if (new URL(context.req.url).search === `?${await pageVersion(name)}`)
      response.headers.set("cache-control", "private, max-age=31536000, immutable");
    return response;
  });

  app.get("/:page{runs(\\.json)?}", async (context) =>
    wantsJson(context) ? json(context, await list.json()) : context.html(await shell()),
  );
  app.get("/", async (context) =>
    wantsJson(context) ? json(context, await list.json()) : context.html(await shell()),
  );

  addLab(app, labs);
  addLatents(app, models, runOf);

  app.get("/:page{compare(\\.json)?}", async (context) => {
    if (!wantsJson(context)) return context.html(await shell());
    const chosen = await chosenRuns(context);
    // Of more than are kept none would ever be read.
    const patience = chosen.length > KEPT ? undefined : PATIENCE;
    const runs = await Promise.all(chosen.map(({ path }) => details.summary(path, POINTS, patience)));
    const samples = await Promise.all(
      chosen.map(async ({ id, path }, run) => ({
        run,
        grids: (await gridsOf(path, runs[run]!.iteration, true))
          .filter(({ givenUp }) => !givenUp)
          .map(({ iteration, version }) => ({ iteration, source: gridAddress(id, iteration, version) })),
      })),
    );
    const shown = samples.filter(({ grids }) => grids.length > 0);
    const ids = chosen.map(({ id }) => id);
    const unread = chosen.filter(({ path }) => !details.isRead(path)).length;
    return json(context, { ...compareSummaries(runs, shown, ids), unread });
  });
  app.get("/compare.html", async (context) => {
    const chosen = await chosenRuns(context);
    const runs = await Promise.all(chosen.map(({ path }) => details.summary(path, POINTS)));
    const { ids: _, ...data } = compareSummaries(runs, await embeddedSamples(runs), []);
    context.header("content-disposition", 'attachment; filename="comparison.html"');
    return context.html(await sharedPage({ ...data, ids: null }));
  });

  app.get("/samples/:iteration{\\d+}/:id{[\\s\\S]+}", async (context) => {
    const run = await runOf(context);
    const file = join(run.path, "samples", sampleFile(Number(context.req.param("iteration"))));
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) return context.notFound();
    return answer(context, await readFile(file), "image/png", `"${found.mtimeMs}-${found.size}"`);
  });
  app.get("/reals/:id{[\\s\\S]+}", async (context) => {
    const run = await runOf(context);
    // Runs have one of their own, but for older ones.
    const own = await readFile(join(run.path, "reals.png")).catch(() => undefined);
    if (own !== undefined) return answer(context, own, "image/png");
    const { config, samples } = await details.json(run, 1);
    if (!isObject(config) || samples === null) return context.notFound();
    const data = config.data as Parameters<Reals["picture"]>[0]["data"];
    return answer(context, await reals.picture({ data, count: samples.count }), "image/png");
  });

  // What there is to know of a run for its latents is what its own page has.
  app.get("/:page{run|latents}/:id{[\\s\\S]+}", async (context) => {
    if (!wantsJson(context)) {
      const id = context.req.param("id") ?? "";
      const expected = context.req.param("page") === "run" ? await list.get(id) : undefined;
      if (expected === undefined) return context.html(await shell());
      details.expect(expected.path);
      const range = ["from", "to"].flatMap((name) => {
        const value = context.req.query(name);
        return value === undefined ? [] : [[name, value] as [string, string]];
      });
      return context.html(await shell(`/run/${pathOf(id)}.json?${new URLSearchParams(range)}`));
    }
    const run = await runOf(context);
    const number = (name: string) => {
      const text = context.req.query(name);
      return text === undefined || !Number.isFinite(Number(text)) ? undefined : Number(text);
    };
    const points = Math.min(MOST_POINTS, Math.max(1, Math.round(number("points") ?? POINTS)));
    const found = await details.json(run, points, number("from"), number("to"));
    return json(context, { ...found, findings: diagnosis.explain(found.findings) });
  });
  app.get("/advice/:id{[\\s\\S]+}", async (context) =>
    context.json(await diagnosis.advise((await runOf(context)).path)),
  );

  app.post("/stop/:id{[\\s\\S]+}", async (context) => context.json({ message: stop(await runOf(context)) }));
  app.post("/bin/:id{[\\s\\S]+}", async (context) => {
    const message = await throwAway(await runOf(context), list.folder);
    list.forget();
    return context.json({ message });
  });
  app.post("/fork/:id{[\\s\\S]+}", async (context) => {
    const run = await runOf(context);
    const { words } = (await context.req.json()) as { words?: unknown };
    if (!Array.isArray(words) || !words.every((word) => typeof word === "string"))
      throw new Refusal("A fork takes words for the command line.");
    const [step = "", ...rest] = words;
    const from = step === "" ? run.path : `${run.path}@${step}`;
    list.forget();
    return context.json({ message: await begin(gantry, ["fork", from, ...rest], list.folder) });
  });

  /** @throws Missing */
  async function runOf(context: Context): Promise<ListedRun> {
    const id = (context.req.param("id") ?? "").replace(/\.json$/, "");
    const run = (await list.get(context.req.param("id") ?? "")) ?? (await list.get(id));
    if (run === undefined) throw new Refusal(`There is no run ${id} in ${list.folder}.`);
    return run;
  }

  async function chosenRuns(context: Context): Promise<ListedRun[]> {
    const ids = [...new Set(context.req.queries("run") ?? [])];
    if (ids.length === 0) throw new Refusal("Choose runs to compare.");
    if (ids.length > COMPARED) throw new Refusal(`${COMPARED} runs are compared at most.`);
    const runs = await Promise.all(ids.map((id) => list.get(id)));
    const missing = ids.filter((_, i) => runs[i] === undefined);
    if (missing.length > 0) throw new Refusal(`There is no run ${missing.join(", ")} in ${list.folder}.`);
    return runs.filter((run) => run !== undefined);
  }
  return app;
}

const isUsage = (error: Error) => error.name === "UsageError" || error.name === "RunError";

/** The address of a picture of samples. */
const gridAddress = (id: string, iteration: number, version: string) =>
  `/samples/${iteration}/${pathOf(id)}?${version}`;

const pathOf = (id: string): string => id.split("/").map(encodeURIComponent).join("/");
