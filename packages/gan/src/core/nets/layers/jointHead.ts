import { nn, type Tensor, torch } from "@gantry/torch";

/**
 * Lets a discriminator of images judge (image, latent) pairs: two layers read the latent, one reads both. LeakyReLU 0.2.
 * Source: Dumoulin et al. 2017 (ALI), table 6: D(z), then D(x, z), there with maxout and dropout.
 */
export class JointHead extends nn.Module {
  readonly latent: nn.Sequential;
  readonly joint: nn.Sequential;

  /**
   * @param features width of the image's features
   * @param width of every layer here, and of what comes out
   */
  constructor(features: number, latentSize: number, width: number, options: { spectralNorm?: boolean } = {}) {
    super();
    const layer = (inputs: number) => [new nn.Linear(inputs, width, options), new nn.LeakyReLU(0.2)];
    this.latent = new nn.Sequential(...layer(latentSize), ...layer(width));
    this.joint = new nn.Sequential(...layer(features + width));
  }

  /**
   * @param features N,features
   * @param latent N,latentSize
   * @returns N,width
   */
  forward(features: Tensor, latent: Tensor | undefined): Tensor {
    if (latent === undefined)
      throw new Error("the discriminator judges pairs of image and latent, and the sample has no latent");
    return this.joint.forward(torch.cat([features, this.latent.forward(latent)], 1));
  }
}
