import type * as Runtime from "onnxruntime-web/webgpu";
import { type Generator, openGenerator, type SampleRequest, type Samples } from "../generator.js";
import { findGraphicsCard } from "../provider.js";
import type { Where } from "./messages.js";

/** A graphics card, as far as is asked here. */
interface Device {
  readonly lost: Promise<{ readonly message: string }>;
  addEventListener(
    name: "uncapturederror",
    hear: (event: { readonly error: { readonly message: string } }) => void,
  ): void;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Rejects when the graphics card is lost or does not do what it is told: what is computed there is then never told, or wrong.
 */
function failureOf(device: Device | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (message: string) => reject(new Error(message || "it was lost"));
    void device?.lost.then(({ message }) => fail(message));
    device?.addEventListener("uncapturederror", ({ error }) => fail(error.message));
  });
}

/** A generator on the graphics card where there is one; what that cannot, or no longer can, the processor does. */
export class GeneratorPlayer {
  readonly #bytes: Uint8Array;
  readonly #runtime: typeof Runtime;
  #generator: Generator;
  #failure: Promise<never> | undefined;
  #trouble: string | undefined;

  private constructor(bytes: Uint8Array, runtime: typeof Runtime, generator: Generator, trouble?: string) {
    this.#bytes = bytes;
    this.#runtime = runtime;
    this.#generator = generator;
    this.#trouble = trouble;
  }

  /** @throws Error for a file that is no generator's */
  static async open(bytes: Uint8Array, runtime: typeof Runtime): Promise<GeneratorPlayer> {
    const { isThere, trouble } = await findGraphicsCard();
    if (!isThere)
      return new GeneratorPlayer(bytes, runtime, await openGenerator(bytes, runtime, "wasm"), trouble);
    try {
      const made = new GeneratorPlayer(bytes, runtime, await openGenerator(bytes, runtime, "webgpu"));
      made.#failure = failureOf((await runtime.env.webgpu.device) as unknown as Device | undefined);
      made.#failure.catch(() => {});
      return made;
    } catch (error) {
      const generator = await openGenerator(bytes, runtime, "wasm");
      return new GeneratorPlayer(bytes, runtime, generator, reasonOf(error));
    }
  }

  get generator(): Generator {
    return this.#generator;
  }

  get where(): Where {
    const { provider } = this.#generator;
    return this.#trouble === undefined ? { provider } : { provider, trouble: this.#trouble };
  }

  async sample(request: SampleRequest): Promise<Samples> {
    if (this.#failure === undefined) return await this.#generator.sample(request);
    try {
      const made = this.#generator.sample(request);
      made.catch(() => {});
      const samples = await Promise.race([this.#failure, made]);
      // What went wrong is told after what came of it.
      const later = new Promise<void>((resolve) => setTimeout(resolve));
      await Promise.race([this.#failure, later]);
      return samples;
    } catch (error) {
      this.#trouble = reasonOf(error);
      this.#failure = undefined;
      this.#generator = await openGenerator(this.#bytes, this.#runtime, "wasm");
      return await this.#generator.sample(request);
    }
  }
}
