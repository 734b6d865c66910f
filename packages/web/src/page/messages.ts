// What the page and its worker say to each other.
import type { Description } from "../description.js";
import type { Provider, SampleRequest } from "../generator.js";

export interface Opening {
  readonly wasm: ArrayBuffer;
  readonly model: ArrayBuffer;
}

export interface Opened {
  readonly description: Description;
  readonly hasPsi: boolean;
  readonly hasNoise: boolean;
}

export interface Made {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  readonly latents: Float32Array;
  readonly classes: readonly number[] | undefined;
  /** Where they were made. */
  readonly provider: Provider;
}

export type Question =
  | { readonly id: number; readonly open: Opening }
  | { readonly id: number; readonly sample: SampleRequest };

export type Answer =
  | { readonly id: number; readonly opened: Opened }
  | { readonly id: number; readonly made: Made }
  | { readonly id: number; readonly error: string };
