import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { JsonObject } from "../base/json.js";
import { datasets } from "./registry.js";

/** What a word names: a known data set, else a file or folder that is there, absolutely; else a name that nobody knows. */
export async function dataNamed(text: string): Promise<JsonObject> {
  if ((await datasets.all()).has(text)) return { name: text };
  const isPath = /[\\/]/.test(text) || (await stat(text).catch(() => undefined)) !== undefined;
  return isPath ? { path: resolve(text) } : { name: text };
}
