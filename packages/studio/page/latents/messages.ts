// What the page of latents and its worker say to each other.
import type { Description, Provider, SampleRequest } from "@gantry/web";

/** A checkpoint's generator, or its discriminator. */
export interface ModelName {
  readonly player: "generator" | "discriminator";
  readonly iteration: number;
}

export interface About {
  readonly description: Description;
  readonly provider: Provider;
  readonly hasPsi: boolean;
}

export interface Made {
  readonly data: Float32Array;
  /** Of one sample. */
  readonly shape: readonly number[];
}

export type Question =
  /** `runtime`: ONNX Runtime's WebAssembly, with the first. */
  | {
      readonly id: number;
      readonly open: ModelName;
      readonly bytes: ArrayBuffer;
      readonly runtime?: ArrayBuffer;
    }
  | { readonly id: number; readonly iteration: number; readonly sample: SampleRequest }
  | {
      readonly id: number;
      readonly iteration: number;
      readonly score: Made;
      readonly classes?: readonly number[];
    };

export type Answer =
  | { readonly id: number; readonly about: About | null }
  | { readonly id: number; readonly made: Made & { readonly classes: readonly number[] | undefined } }
  | { readonly id: number; readonly scores: readonly number[] }
  | { readonly id: number; readonly error: string };
