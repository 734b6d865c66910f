import { nn, type Tensor } from "@gantry/torch";
import type { Prior } from "./prior.js";
import type { Sample } from "./sample.js";

/** Latents (and labels, where conditional) to images. */
export abstract class Generator extends nn.Module {
  /** What latents look like and where they come from. */
  abstract readonly prior: Prior;
  /** Shape of one output: [C, H, W] or [D]. */
  abstract readonly outputShape: readonly number[];
  /** Number of classes it is conditioned on; undefined when it takes no label. */
  readonly classes: number | undefined = undefined;
  /**
   * How far its intermediate latents are let from their mean in evaluation, as a factor; undefined for generators that have
   * none.
   */
  psi: number | undefined = undefined;
  /** Sides of the maps that take a style, one for each layer that does; undefined for generators without styles. */
  get styleSides(): readonly number[] | undefined {
    return undefined;
  }
  /**
   * @param latent N,L
   * @param label int64 N, for conditional generators
   * @returns N,...outputShape; in evaluation images are in [-1, 1]
   */
  abstract forward(latent: Tensor, label?: Tensor): Tensor;
  /**
   * Images of `latent`, some of whose layers take the styles of `source`, both N,L. Not without styles.
   * @param takes whether the layer of this number does
   */
  mixed(_latent: Tensor, _source: Tensor, _takes: (layer: number) => boolean, _label?: Tensor): Tensor {
    throw new Error("the generator has no styles to mix");
  }
}

/** What a discriminator saw on its way to a verdict. */
export interface Features {
  /** N,C,M,M: one vector for every place of the image; undefined for networks without a map. */
  readonly local: Tensor | undefined;
  /** N,F: one vector for the whole image, what the last linear layer reads. */
  readonly global: Tensor;
}

/** Shapes of Features, without N: known before any image is judged. */
export interface FeatureShapes {
  readonly local: readonly [channels: number, height: number, width: number] | undefined;
  readonly global: number;
}

/** A head whose word counts: what it makes of the features of the whole image, N,F, is N numbers added to the scores. */
export abstract class ScoreHead extends nn.Module {
  abstract forward(features: Tensor): Tensor;
}

/**
 * Images (or pairs, or labelled images) to one raw score each, higher for real. What it makes of one may depend on the others
 * only as far as nn.batchGroups() sets them apart (batch norms do), so that real and fake can be judged in one pass.
 */
export abstract class Discriminator extends nn.Module {
  /** Shape of one input: [C, H, W] or [D]. */
  abstract readonly inputShape: readonly number[];
  abstract readonly featureShapes: FeatureShapes;
  /** Networks that terms hang on the features; their parameters are the discriminator's. */
  readonly heads = new Map<string, nn.Module>();
  /**
   * Names of heads, of one layer each, that every pass through the network runs, also one whose output nobody asks for: with
   * spectral norm each moves the estimate of the norm.
   */
  readonly headsOfEveryPass = new Set<string>();
  /** What of a verdict depends on who else is in the batch, beside batch norm, for a message; undefined: nothing. */
  readonly coupled: string | undefined = undefined;

  abstract features(sample: Sample): Features;
  /** The network's own scores, N, without what heads add. */
  protected abstract verdict(features: Features, sample: Sample): Tensor;

  /** @returns N raw scores */
  score(features: Features, sample: Sample): Tensor {
    let score = this.verdict(features, sample);
    for (const head of this.heads.values())
      if (head instanceof ScoreHead) score = score.add(head.forward(features.global));
    return score;
  }

  /**
   * A head by name.
   * @throws Error when no term attached it: a mistake of the term's
   */
  head<T extends nn.Module>(name: string): T {
    const head = this.heads.get(name);
    if (head === undefined) throw new Error(`the discriminator has no head '${name}'`);
    return head as T;
  }
}

/** The mean and spread of an encoder that draws its latents. */
export interface Encoding {
  /** N,L: the latent, drawn where the encoder is stochastic. */
  readonly latent: Tensor;
  /** N,L; undefined for deterministic encoders. */
  readonly mean?: Tensor | undefined;
  readonly logVariance?: Tensor | undefined;
}

/** Images to latents. */
export abstract class Encoder extends nn.Module {
  abstract readonly inputShape: readonly number[];
  abstract readonly latentSize: number;
  abstract forward(image: Tensor): Encoding;
}
