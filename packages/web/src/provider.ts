import type { Provider } from "./generator.js";

/** What a page may ask of WebGPU, as far as is asked here. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** WebGPU where the browser lets a page compute on the graphics card, else WebAssembly. */
export async function chooseProvider(): Promise<Provider> {
  const gpu = (globalThis.navigator as { readonly gpu?: Gpu } | undefined)?.gpu;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter === null || adapter === undefined ? "wasm" : "webgpu";
}
