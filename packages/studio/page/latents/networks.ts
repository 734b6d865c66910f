import type { SampleRequest, Samples } from "@gantry/web";
import { Engine, type Opened } from "@gantry/web/engine";
import { pathOf } from "../parts/address.js";

/** A run's networks in this page, by checkpoint, each loaded once: no engine of trainings, and nothing of the training. */
export class Networks {
  readonly #run: string;
  readonly #engine = new Engine(new Worker("/assets/worker.js"), "/assets/runtime.js");
  readonly #generators = new Map<number, Promise<Opened>>();
  readonly #discriminators = new Map<number, Promise<void>>();

  /** @param run its id */
  constructor(run: string) {
    this.#run = run;
  }

  /** @throws Error with why it cannot be loaded */
  async generator(iteration: number): Promise<Opened> {
    return await once(this.#generators, iteration, async () =>
      this.#engine.openGenerator(`generator ${iteration}`, await this.#bytes("generator", iteration)),
    );
  }

  async sample(iteration: number, request: SampleRequest): Promise<Samples> {
    await this.generator(iteration);
    return await this.#engine.sample(`generator ${iteration}`, request);
  }

  /** D's raw scores of samples. */
  async scores(iteration: number, samples: Samples): Promise<readonly number[]> {
    const name = `discriminator ${iteration}`;
    await once(this.#discriminators, iteration, async () =>
      this.#engine.openDiscriminator(name, await this.#bytes("discriminator", iteration)),
    );
    return await this.#engine.scores(name, samples);
  }

  close(): void {
    this.#engine.close();
  }

  async #bytes(player: "generator" | "discriminator", iteration: number): Promise<ArrayBuffer> {
    const response = await fetch(`/model/${player}/${iteration}/${pathOf(this.#run)}`);
    if (!response.ok) throw new Error(((await response.json()) as { message: string }).message);
    return await response.arrayBuffer();
  }
}

/** What was begun once, unless it failed. */
function once<Value>(known: Map<number, Promise<Value>>, key: number, begin: () => Promise<Value>) {
  const begun = known.get(key) ?? begin();
  known.set(key, begun);
  begun.catch(() => known.delete(key));
  return begun;
}
