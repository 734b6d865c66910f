import type { Provider } from "./generator.js";

/** What a page may ask of WebGPU, as far as is asked here. */
interface Gpu {
  requestAdapter(): Promise<{ requestDevice(): Promise<{ destroy(): void }> } | null>;
}

/** Whether the browser lets a page compute on the graphics card; why not, where there is one that refuses. */
export interface GraphicsCard {
  readonly isThere: boolean;
  readonly trouble?: string;
}

/** Looks for a graphics card, and tries it: the runtime does not come back from one that refuses. */
export async function findGraphicsCard(): Promise<GraphicsCard> {
  const gpu = (globalThis.navigator as { readonly gpu?: Gpu } | undefined)?.gpu;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (adapter === null || adapter === undefined) return { isThere: false };
  try {
    (await adapter.requestDevice()).destroy();
    return { isThere: true };
  } catch (error) {
    return { isThere: false, trouble: error instanceof Error ? error.message : String(error) };
  }
}

/** WebGPU where the browser lets a page compute on the graphics card, else WebAssembly. */
export const chooseProvider = async (): Promise<Provider> =>
  (await findGraphicsCard()).isThere ? "webgpu" : "wasm";
