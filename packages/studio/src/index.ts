/** The studio: the runs of a folder in the browser. It reads their files, and runs no engine. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type ServerType, serve } from "@hono/node-server";
import { newToken } from "./access.js";
import { Labs } from "./lab/labs.js";
import { Models } from "./latents/models.js";
import { RunList } from "./runs/list.js";
import { makeServer } from "./server.js";

export type * from "./json.js";
export { comparisonPage } from "./shared.js";

export interface StudioOptions {
  /** A folder of runs, or a run. */
  readonly folder: string;
  /** Default 4267, or where that is taken, any that is free; 0 is any. */
  readonly port?: number | undefined;
  /** The program that begins forks, and its first words. */
  readonly gantry: readonly string[];
}

/** A studio that answers. */
export interface Studio {
  /** With the token: whoever has it may look, and click. */
  readonly address: string;
  /** A run's page. */
  addressOf(run: string): string;
  close(): Promise<void>;
}

const PORT = 4267;

/**
 * Begins to answer, to this machine alone.
 * @throws the system's error where the port is taken
 */
export async function startStudio({ folder, port, gantry }: StudioOptions): Promise<Studio> {
  const whole = resolve(folder);
  const isRun = existsSync(join(whole, "config.json"));
  const home = isRun ? dirname(whole) : whole;
  const token = newToken();
  const list = new RunList(home);
  const labs = new Labs(home);
  const models = new Models(gantry);
  const listen = (wanted: number) =>
    new Promise<ServerType>((done, fail) => {
      const app = makeServer({ list, labs, models, token, gantry });
      const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: wanted }, () => done(server));
      server.on("error", fail);
    });
  const server = await listen(port ?? PORT).catch((error: NodeJS.ErrnoException) => {
    if (port !== undefined || error.code !== "EADDRINUSE") throw error;
    return listen(0);
  });
  const { port: own } = server.address() as { port: number };
  const addressOf = (path: string) => `http://127.0.0.1:${own}${path}?token=${token}`;
  const runAddress = (run: string) => addressOf(`/run/${encodeURIComponent(basename(resolve(run)))}`);
  return {
    address: isRun ? runAddress(whole) : addressOf("/"),
    addressOf: runAddress,
    close: async () => {
      if ("closeAllConnections" in server) server.closeAllConnections();
      const closed = new Promise<void>((done) => {
        server.close(() => done());
      });
      await Promise.all([closed, labs.close(), models.close()]);
    },
  };
}
