import { nn, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import type { Prior } from "../prior.js";
import { labelledLatent } from "./labelled.js";
import { VirtualBatchNorm } from "./virtualBatchNorm.js";

/** What a family's options say of how G's layers are normalised. The paper has virtual batch norm in G alone: it costs two passes. */
export const generatorNormOptions = {
  generatorNorm: z
    .enum(["batch", "virtual"])
    .default("batch")
    .describe(
      "of G's layers; virtual: by a reference batch, so that images of a batch know nothing of each other",
    ),
  referenceBatch: z
    .int()
    .min(2)
    .max(65_536)
    .default(64)
    .describe("size of virtual batch norm's reference batch"),
};

export interface GeneratorNormOptions {
  readonly generatorNorm: "batch" | "virtual";
  readonly referenceBatch: number;
}

/** A norm that asks for no condition. */
export type PlainNorm = nn.BatchNorm | VirtualBatchNorm;

/** What makes G's norms: of maps N,C,H,W, or of vectors N,C. */
export interface NormMakers {
  map(features: number, options?: nn.BatchNormOptions): nn.BatchNorm2d | VirtualBatchNorm;
  vector(features: number): nn.BatchNorm1d | VirtualBatchNorm;
}

export const BATCH: NormMakers = {
  map: (features, options) => new nn.BatchNorm2d(features, options),
  vector: (features) => new nn.BatchNorm1d(features),
};

export function normMakers({ generatorNorm, referenceBatch }: GeneratorNormOptions): NormMakers {
  if (generatorNorm === "batch") return BATCH;
  const virtual = (features: number, options?: nn.BatchNormOptions) =>
    new VirtualBatchNorm(features, referenceBatch, options);
  return { map: virtual, vector: virtual };
}

const drawLabels = (classes: number, count: number) => torch.randint(0, classes, [count], { dtype: "int64" });

/**
 * The reference batch of what a generator's first layer reads, drawn once: latents, beside them their classes where there are any.
 * @returns undefined without virtual batch norm
 */
export function drawReference(
  { generatorNorm, referenceBatch }: GeneratorNormOptions,
  prior: Prior,
  classes: number | undefined,
): nn.Buffer | undefined {
  if (generatorNorm === "batch") return undefined;
  return scope(() => {
    const latent = prior.sample(referenceBatch);
    if (classes === undefined) return nn.buffer(latent);
    return nn.buffer(labelledLatent(latent, drawLabels(classes, referenceBatch), classes));
  });
}

/** The classes of a reference batch, int64, for generators whose norms read them. */
export const drawReferenceLabels = (
  { generatorNorm, referenceBatch }: GeneratorNormOptions,
  classes: number | undefined,
): nn.Buffer | undefined =>
  generatorNorm === "batch" || classes === undefined
    ? undefined
    : scope(() => nn.buffer(drawLabels(classes, referenceBatch)));

/** What `make` makes of a batch, with the reference batch before it where there is one. */
export function besideReference(
  reference: nn.Buffer | undefined,
  input: Tensor,
  make: (input: Tensor) => Tensor,
): Tensor {
  if (reference === undefined) return make(input);
  return make(torch.cat([reference, input], 0)).narrow(0, reference.size(0), input.size(0));
}
