// What a page and its worker say to each other.
import type { Description } from "../description.js";
import type { Provider, SampleRequest } from "../generator.js";

/** A network's file. Discriminators stay on the processor. */
export interface Opening {
  readonly model: ArrayBuffer;
  readonly player: "generator" | "discriminator";
  /** ONNX Runtime's WebAssembly, with the first. */
  readonly runtime?: ArrayBuffer;
}

/** What is known of a generator. */
export interface Opened {
  readonly description: Description;
  readonly hasPsi: boolean;
  readonly hasNoise: boolean;
}

export interface Made {
  readonly data: Float32Array;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly latents: Float32Array;
  readonly classes: readonly number[] | undefined;
}

/** Where samples are made, and why not on the graphics card, where that was tried. */
export interface Where {
  readonly provider: Provider;
  readonly trouble?: string;
}

/** `name`: of the network, which the page chooses. */
export type Question = { readonly id: number; readonly name: string } & (
  | { readonly open: Opening }
  | { readonly sample: SampleRequest }
  | { readonly score: Pick<Made, "data" | "shape" | "classes"> }
);

export type Answer = { readonly id: number } & (
  | { readonly opened: Opened | null }
  | { readonly made: Made; readonly where: Where }
  | { readonly scores: readonly number[] }
  | { readonly error: string }
);
