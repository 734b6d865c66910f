import { type Provider, type SampleRequest, Samples } from "../generator.js";
import type { Answer, Opened, Question } from "./messages.js";

declare global {
  /** Put there by runtime.js and generator.js: gzipped bytes in base64. */
  var gantryRuntime: string | undefined;
  var gantryGenerator: string | undefined;
}

/** The worker's program, put here by the build. */
declare const WORKER_SOURCE: string;

/** A script beside the page: it may be read where nothing else may, from a folder without a server. */
function loadScript(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = name;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${name} is not beside this page`));
    document.head.append(script);
  });
}

async function unzipped(base64: string | undefined): Promise<ArrayBuffer> {
  const zipped = await fetch(`data:application/octet-stream;base64,${base64 ?? ""}`);
  const { body } = zipped;
  if (body === null) throw new Error("a part of this page is empty");
  return await new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

type Wanted = Omit<Question & { open: unknown }, "id"> | Omit<Question & { sample: unknown }, "id">;

/** The generator, in a worker. */
export class Engine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #count = 0;
  /** Where the last samples were made. */
  provider: Provider = "wasm";

  constructor() {
    this.#worker = new Worker(URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" })));
    this.#worker.addEventListener("error", ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(message));
      this.#waiting.clear();
    });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data);
    });
  }

  /** @param tell what is being done */
  async open(tell: (text: string) => void): Promise<Opened> {
    tell("Loading the runtime …");
    await loadScript("runtime.js");
    tell("Loading the generator …");
    await loadScript("generator.js");
    const [wasm, model] = await Promise.all([
      unzipped(globalThis.gantryRuntime),
      unzipped(globalThis.gantryGenerator),
    ]);
    globalThis.gantryRuntime = undefined;
    globalThis.gantryGenerator = undefined;
    tell("Preparing the generator …");
    const answer = await this.#ask({ open: { wasm, model } }, [wasm, model]);
    if (!("opened" in answer)) throw new Error("the generator did not open");
    return answer.opened;
  }

  async sample(request: SampleRequest): Promise<Samples> {
    const answer = await this.#ask({ sample: request });
    if (!("made" in answer)) throw new Error("the generator made nothing");
    const { data, shape, latents, classes, provider } = answer.made;
    this.provider = provider;
    return new Samples(data, shape, latents, classes);
  }

  #ask(question: Wanted, transfer: Transferable[] = []): Promise<Answer> {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }
}
