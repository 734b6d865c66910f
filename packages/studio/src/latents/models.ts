import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { encodeNpy } from "@gantry/formats";
import { Refusal } from "../refusal.js";
import type { ListedRun } from "../runs/row.js";

const call = promisify(execFile);

/** Milliseconds that an export may take. */
const LIMIT = 300_000;
/** Samples for which the nearest images are looked for at once. */
const MOST = 16;

/** Runs' networks as ONNX files, each made once by a command of its own, in a folder that goes with the studio. */
export class Models {
  readonly #gantry: readonly string[];
  readonly #files = new Map<string, Promise<string>>();
  #folder: Promise<string> | undefined;

  /** @param gantry the program, and its first words */
  constructor(gantry: readonly string[]) {
    this.#gantry = gantry;
  }

  /**
   * The bytes of a network at a checkpoint.
   * @throws Refusal with what the export says
   */
  async bytes(
    { path }: ListedRun,
    iteration: number,
    player: "generator" | "discriminator",
  ): Promise<Uint8Array> {
    // A checkpoint of the same name may have been made anew.
    const { mtimeMs } = await stat(path);
    const key = `${path}@${iteration} ${player} ${mtimeMs}`;
    let file = this.#files.get(key);
    if (file === undefined) {
      const target = join(await this.#home(), `${this.#files.size}.onnx`);
      file = this.#run(["export", `${path}@${iteration}`, "--onnx", target, "--player", player]).then(
        () => target,
      );
      this.#files.set(key, file);
      file.catch(() => this.#files.delete(key));
    }
    return await readFile(await file);
  }

  /**
   * A picture of samples, each beside the training image nearest to it.
   * @param latents one after the other
   * @throws Refusal with what the command says
   */
  async nearest(
    { path }: ListedRun,
    iteration: number,
    latents: unknown,
    size: unknown,
  ): Promise<Uint8Array> {
    if (
      !Array.isArray(latents) ||
      latents.some((value) => !Number.isFinite(value)) ||
      !Number.isInteger(size)
    )
      throw new Refusal("Latents are a list of numbers.");
    const count = latents.length / Number(size);
    if (!Number.isInteger(count) || count < 1 || count > MOST)
      throw new Refusal(`The nearest images are found of 1 to ${MOST} samples.`);
    const folder = await mkdtemp(join(await this.#home(), "nearest-"));
    const [file, picture] = [join(folder, "latents.npy"), join(folder, "nearest.png")];
    try {
      const data = new Uint8Array(Float32Array.from(latents as number[]).buffer);
      await writeFile(file, encodeNpy({ dtype: "float32", shape: [count, Number(size)], data }));
      await this.#run(["sample", `${path}@${iteration}`, "--latents", file, "--nearest", "--out", picture]);
      return await readFile(picture);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  #home(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), "gantry-studio-models-"));
    return this.#folder;
  }

  async #run(words: readonly string[]): Promise<void> {
    const [program = "", ...first] = this.#gantry;
    await call(program, [...first, ...words], { timeout: LIMIT }).catch(
      (error: { stderr?: string; message: string }) => {
        const said = error.stderr
          ?.trim()
          .split("\n")
          .at(-1)
          ?.replace(/^gantry: /, "");
        throw new Refusal(said || error.message);
      },
    );
  }
}
