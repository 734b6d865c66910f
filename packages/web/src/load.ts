import type * as Runtime from "onnxruntime-web";
import { type Generator, openGenerator, type Provider } from "./generator.js";
import { chooseProvider } from "./provider.js";

export interface LoadOptions {
  /** Default: WebGPU where the browser has it and it runs the generator, else WebAssembly. */
  readonly provider?: Provider | undefined;
  /** ONNX Runtime; default the one of onnxruntime-web for browsers, which is then loaded. */
  readonly runtime?: typeof Runtime | undefined;
}

async function bytesOf(source: string | URL | Uint8Array): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source}: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/**
 * Loads a generator that `gantry export RUN --onnx FILE` wrote.
 * @param source its address, or its bytes
 * @throws Error for what is not there, and for a file that is no generator's
 */
export async function loadGenerator(
  source: string | URL | Uint8Array,
  options: LoadOptions = {},
): Promise<Generator> {
  const bytes = await bytesOf(source);
  const provider = options.provider ?? (await chooseProvider());
  const runtime =
    options.runtime ??
    ((await (provider === "webgpu"
      ? import("onnxruntime-web/webgpu")
      : import("onnxruntime-web/wasm"))) as typeof Runtime);
  try {
    return await openGenerator(bytes, runtime, provider);
  } catch (error) {
    // What a graphics card cannot, the processor can.
    if (provider === "wasm" || options.provider !== undefined) throw error;
    return await openGenerator(bytes, runtime, "wasm");
  }
}
