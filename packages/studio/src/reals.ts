import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Json } from "@gantry/gan";
import { Refusal } from "./refusal.js";

const CHILD = fileURLToPath(new URL("./realsChild.js", import.meta.url));
/** Milliseconds that opening the data may take. */
const PATIENCE = 120_000;
const KEPT = 16;

/** What the child is told, on its command line. */
export interface RealsRequest {
  readonly data: Json;
  readonly count: number;
}

/** Pictures of real images beside the generated ones, drawn by a process of its own: opening data may take its time, and memory. */
export class Reals {
  readonly #pictures = new Map<string, Promise<Uint8Array>>();

  /**
   * A grid of real images, laid out as the samples are.
   * @returns PNG
   * @throws Refusal telling why there is none, as that the data are elsewhere
   */
  async picture(request: RealsRequest): Promise<Uint8Array> {
    const key = JSON.stringify(request);
    const known = this.#pictures.get(key);
    if (known !== undefined) return await known;
    const picture = draw(key);
    this.#pictures.set(key, picture);
    // What failed is tried again when it is asked for again: the data may be there then.
    picture.catch(() => this.#pictures.delete(key));
    const oldest = this.#pictures.keys().next().value;
    if (this.#pictures.size > KEPT && oldest !== undefined) this.#pictures.delete(oldest);
    return await picture;
  }
}

async function draw(request: string): Promise<Uint8Array> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, request], {
      encoding: "buffer",
      maxBuffer: 2 ** 26,
      timeout: PATIENCE,
    });
    return stdout;
  } catch (error) {
    const told = String((error as { stderr?: Buffer }).stderr ?? "").trim();
    throw new Refusal(told.split("\n").at(-1) || "The data could not be opened.", { cause: error });
  }
}
