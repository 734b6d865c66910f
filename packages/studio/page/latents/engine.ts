import { type SampleRequest, Samples } from "@gantry/web";
import { pathOf } from "../parts/address.js";
import type { About, Answer, Made, ModelName, Question } from "./messages.js";

declare global {
  /** Put there by runtime.js: gzipped bytes in base64. */
  var gantryRuntime: string | undefined;
}

function loadScript(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error("The studio does not answer: was it stopped?"));
    document.head.append(script);
  });
}

async function runtimeBytes(): Promise<ArrayBuffer> {
  await loadScript("/assets/runtime.js");
  const text = atob(globalThis.gantryRuntime ?? "");
  globalThis.gantryRuntime = undefined;
  const zipped = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).arrayBuffer();
}

type Wanted<Asked = Question> = Asked extends Question ? Omit<Asked, "id"> : never;

/** A run's networks in a worker of this page's: no engine, and nothing of the training. */
export class Engine {
  readonly #run: string;
  readonly #worker = new Worker("/assets/latents.js");
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  readonly #models = new Map<string, Promise<About | null>>();
  #runtime: Promise<ArrayBuffer> | undefined;
  #count = 0;

  /** @param run its id */
  constructor(run: string) {
    this.#run = run;
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data);
    };
  }

  /** Loads the generator of a checkpoint, once. @throws Error with why it cannot be */
  async generator(iteration: number): Promise<About> {
    const about = await this.#load({ player: "generator", iteration });
    if (about === null) throw new Error("the generator did not open");
    return about;
  }

  async sample(iteration: number, request: SampleRequest): Promise<Samples> {
    await this.generator(iteration);
    const answer = await this.#ask({ iteration, sample: request });
    if (!("made" in answer)) throw new Error("the generator made nothing");
    const { data, shape, classes } = answer.made;
    return new Samples(data, shape, request.latents ?? new Float32Array(), classes);
  }

  /** D's raw scores of samples. */
  async scores(iteration: number, samples: Samples): Promise<readonly number[]> {
    await this.#load({ player: "discriminator", iteration });
    const { data, shape, classes } = samples;
    const score: Made = { data, shape };
    const answer = await this.#ask({ iteration, score, ...(classes === undefined ? {} : { classes }) });
    return "scores" in answer ? answer.scores : [];
  }

  close(): void {
    this.#worker.terminate();
  }

  #load(name: ModelName): Promise<About | null> {
    const key = `${name.player} ${name.iteration}`;
    let model = this.#models.get(key);
    if (model === undefined) {
      model = this.#open(name);
      this.#models.set(key, model);
      model.catch(() => this.#models.delete(key));
    }
    return model;
  }

  async #open(name: ModelName): Promise<About | null> {
    const response = await fetch(`/model/${name.player}/${name.iteration}/${pathOf(this.#run)}`);
    if (!response.ok) throw new Error(((await response.json()) as { message: string }).message);
    const bytes = await response.arrayBuffer();
    const isFirst = this.#runtime === undefined;
    this.#runtime ??= runtimeBytes();
    const runtime = await this.#runtime;
    const answer = await this.#ask({ open: name, bytes, ...(isFirst ? { runtime } : {}) }, [bytes]);
    return "about" in answer ? answer.about : null;
  }

  #ask(question: Wanted, transfer: Transferable[] = []): Promise<Answer> {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...question, id }, transfer);
    });
  }
}
