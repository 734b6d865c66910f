import type { nn, Tensor } from "@gantry/torch";
import { Discriminator, type FeatureShapes, type Features } from "./contract.js";
import type { Sample } from "./sample.js";

/** The two halves of an autoencoder: images N,C,H,W (or points N,D) to codes N,code, and back. */
export interface Autoencoder {
  readonly encoder: nn.Layer;
  readonly decoder: nn.Layer;
}

/** What stands for how badly one image is reconstructed. */
export type ReconstructionError = "norm" | "squared" | "absolute";

/** N,... and N,... to N: the Euclidean norm of the difference, or the mean of its squares or absolutes over what one image has. */
function reconstructionError(kind: ReconstructionError, a: Tensor, b: Tensor): Tensor {
  const apart = a.sub(b).flatten(1);
  if (kind === "norm") return apart.vectorNorm(2, [1]);
  return (kind === "squared" ? apart.square() : apart.abs()).mean([1]);
}

/**
 * A discriminator that judges by how well it can reconstruct: the score is minus the reconstruction's error, so that it is
 * higher for real like any other, and at most 0. What it sees of an image is the code.
 * Source: Zhao, Mathieu, LeCun 2017 (EBGAN), section 2.3; Berthelot et al. 2017 (BEGAN), section 3.1.
 */
export class AutoencoderDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly encoder: nn.Layer;
  readonly decoder: nn.Layer;
  readonly #error: ReconstructionError;

  constructor(
    { encoder, decoder }: Autoencoder,
    options: { inputShape: readonly number[]; code: number; error: ReconstructionError },
  ) {
    super();
    this.inputShape = options.inputShape;
    this.featureShapes = { local: undefined, global: options.code };
    this.encoder = encoder;
    this.decoder = decoder;
    this.#error = options.error;
  }

  features({ image }: Sample): Features {
    return { local: undefined, global: this.encoder.forward(image) };
  }

  protected verdict({ global }: Features, { image }: Sample): Tensor {
    return reconstructionError(this.#error, this.decoder.forward(global), image).neg();
  }
}
