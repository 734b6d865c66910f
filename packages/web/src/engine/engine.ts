import { type SampleRequest, Samples } from "../generator.js";
import type { Answer, Opened, Opening, Question, Where } from "./messages.js";

declare global {
  /** Put there by runtime.js: gzipped bytes in base64. */
  var gantryRuntime: string | undefined;
}

/** A script: it may be read where nothing else may, from a folder without a server. */
export function loadScript(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${address} is not there`));
    document.head.append(script);
  });
}

/** Bytes of what a script holds, gzipped and in base64. */
export async function unzipped(base64: string | undefined): Promise<ArrayBuffer> {
  const zipped = Uint8Array.from(atob(base64 ?? ""), (letter) => letter.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).arrayBuffer();
}

async function runtimeBytes(address: string): Promise<ArrayBuffer> {
  await loadScript(address);
  const text = globalThis.gantryRuntime;
  globalThis.gantryRuntime = undefined;
  return await unzipped(text);
}

type Wanted<Asked = Question> = Asked extends Question ? Omit<Asked, "id"> : never;

/** Networks in a worker of a page's, by names that the page gives them. */
export class Engine {
  readonly #worker: Worker;
  readonly #runtimeAddress: string;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #runtime: Promise<void> | undefined;
  /** Until the worker has it. */
  #runtimeBytes: ArrayBuffer | undefined;
  #count = 0;
  /** Where the last samples were made. */
  where: Where = { provider: "wasm" };

  /**
   * @param worker runs worker.js
   * @param runtime where runtime.js lies
   */
  constructor(worker: Worker, runtime: string) {
    this.#runtimeAddress = runtime;
    this.#worker = worker;
    worker.addEventListener("error", ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(message));
      this.#waiting.clear();
    });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data);
    });
  }

  /** Loads ONNX Runtime, if that has not been done. */
  async prepare(): Promise<void> {
    this.#runtime ??= runtimeBytes(this.#runtimeAddress).then((bytes) => {
      this.#runtimeBytes = bytes;
    });
    await this.#runtime;
  }

  /**
   * @param model an ONNX file of `gantry export`; the page has it no longer
   * @throws Error for a file that is no generator's
   */
  async openGenerator(name: string, model: ArrayBuffer): Promise<Opened> {
    const opened = await this.#open(name, { model, player: "generator" });
    if (opened === null) throw new Error("the generator did not open");
    return opened;
  }

  /** See {@link openGenerator}. */
  async openDiscriminator(name: string, model: ArrayBuffer): Promise<void> {
    await this.#open(name, { model, player: "discriminator" });
  }

  async sample(name: string, request: SampleRequest): Promise<Samples> {
    const answer = await this.#ask({ name, sample: request });
    if (!("made" in answer)) throw new Error("the generator made nothing");
    const { data, shape, latents, classes } = answer.made;
    this.where = answer.where;
    return new Samples(data, shape, latents, classes);
  }

  /** D's raw scores of samples. */
  async scores(name: string, { data, shape, classes }: Samples): Promise<readonly number[]> {
    const answer = await this.#ask({ name, score: { data, shape, classes } });
    return "scores" in answer ? answer.scores : [];
  }

  close(): void {
    this.#worker.terminate();
  }

  async #open(name: string, opening: Opening): Promise<Opened | null> {
    await this.prepare();
    const runtime = this.#runtimeBytes;
    this.#runtimeBytes = undefined;
    const open = runtime === undefined ? opening : { ...opening, runtime };
    const answer = await this.#ask({ name, open }, [
      opening.model,
      ...(runtime === undefined ? [] : [runtime]),
    ]);
    return "opened" in answer ? answer.opened : null;
  }

  #ask(question: Wanted, transfer: Transferable[] = []): Promise<Answer> {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }
}
