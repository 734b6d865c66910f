import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { importModule } from "../base/plugins/plugins.js";
import { validate } from "../base/validate.js";
import { configSchema } from "./schema.js";

const { steps, batch, seed, device, precision, threads } = configSchema.shape;

/** What a project's gantry.config.* may say. */
const projectSchema = z.strictObject({
  imports: z.array(z.string().min(1)).default([]).describe("as --import names them, from this file's folder"),
  train: z
    .strictObject({
      out: z.string().min(1).optional().describe("folder of new runs that --out does not name; default runs"),
      data: z.string().min(1).optional().describe("data set by name, or a folder or file"),
      steps: steps.unwrap().optional(),
      batch: batch.unwrap().optional(),
      seed: seed.unwrap().optional(),
      device: device.unwrap().optional(),
      precision: precision.unwrap().optional(),
      threads: threads.unwrap().unwrap().optional(),
      settings: z
        .record(z.string(), z.json())
        .optional()
        .describe("any others, as they lie in a configuration: { intervals: { log: 10 } }"),
    })
    .prefault({})
    .describe("laid upon a recipe and its preset, under what the command line says"),
});

/** A project's file as it is written. */
export type ProjectConfig = z.input<typeof projectSchema>;
/** The same with its defaults filled in. */
export type Project = z.output<typeof projectSchema>;

/** Lets TypeScript check a project's gantry.config.ts. */
export const defineConfig = (config: ProjectConfig): ProjectConfig => config;

const FILE = /^gantry\.config\.(m?ts|m?js|json)$/;

/**
 * What the project of a folder says, by the gantry.config.ts (or .mts, .js, .mjs, .json) in it; without one, nothing.
 * The parts that it names are not imported yet.
 * @throws UsageError for two such files, and for one that says what no project can; RunError for one that fails
 */
export async function readProject(folder: string): Promise<Project> {
  const [name, other] = (await readdir(folder).catch(() => [])).filter((file) => FILE.test(file)).sort();
  if (name === undefined) return projectSchema.parse({});
  if (other !== undefined) throw new UsageError(`there are ${name} and ${other} here; keep one of them`);
  return validate(projectSchema, await read(join(folder, name), name), name);
}

async function read(path: string, name: string): Promise<unknown> {
  if (name.endsWith(".json")) {
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      throw new UsageError(`${name}: it is no JSON: ${(error as Error).message}`, { cause: error });
    }
  }
  const { default: config } = await importModule(path, name);
  if (config === undefined)
    throw new UsageError(`${name}: it has no default export; write export default defineConfig({ ... })`);
  return config;
}
