import { type nn, sumOf, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";
import { codeHead } from "../nets/layers/codeHead.js";
import type { Code } from "../nets/prior.js";
import { featureTask } from "./parts/featureTask.js";

/**
 * -E[log Q(c | x)] of the codes c that images were made from, each code's mean over the images: of categories the
 * cross-entropy; of continuous codes the squared distance from Q's mean in half, which is -log of the Gaussian of
 * deviation 1 that openai/InfoGAN fixes, but for a constant.
 * @param output N,C what Q makes of the images
 * @param latent N,L the latents they were made from
 */
export function codeLosses(output: Tensor, latent: Tensor, codes: readonly Code[]): Tensor[] {
  const first = codes[0]!.from;
  return codes.map(({ kind, from, length }) => {
    const found = output.narrow(1, from - first, length);
    const code = latent.narrow(1, from, length);
    return kind === "categorical"
      ? found.logSoftmax(1).mul(code).sum([1]).mean().neg()
      : found.sub(code).square().mean().div(2);
  });
}

/**
 * Latents get codes behind their noise, and a head Q on D must tell the codes from the image; D and G both minimise
 *
 *     weight * -E[log Q(c | G(z, c))]
 *
 * which is lambda times a lower bound of the codes' mutual information with the image, its sign turned and the codes'
 * entropy left out. Q is updated with D. What the codes come to mean is up to the training: `gantry sample --vary`.
 */
export default defineTerm({
  name: "mutual-information",
  summary: "codes in the latent that the image must tell of: G learns what they mean (InfoGAN)",
  source: "Chen et al. 2016 (InfoGAN), equations 5 and 6; openai/InfoGAN",
  kind: "regularizer",
  options: z.strictObject({
    categorical: z
      .array(z.int().min(2).max(65_536))
      .default([10])
      .describe("categorical codes: the number of categories of each"),
    continuous: z.int().min(0).max(65_536).default(2).describe("how many continuous codes, U(-1, 1)"),
    weight: scheduled(z.number().min(0)).default(1).describe("lambda, of the categorical codes"),
    continuousWeight: scheduled(z.number().min(0)).default(1).describe("lambda of the continuous ones"),
    units: z.int().min(1).max(65_536).default(128).describe("width of Q's hidden layer"),
    discriminator: z.string().default("discriminator").describe("whose features Q reads"),
  }),
  make({ categorical, continuous, weight, continuousWeight, units, discriminator }) {
    let codes: readonly Code[] = [];
    const shared = { alpha: 1, beta: 1, discriminator, real: null, fake: "fake" };
    return featureTask<nn.Sequential>(shared, {
      name: "mutual-information",
      needs: [2, "as Q normalises by the batch"],
      learnsFrom: "fake",
      plan(plan) {
        if (categorical.length + continuous === 0)
          plan.refuse("mutual-information: there is no code to tell of; set categorical or continuous");
        plan.addCodes({ categorical, continuous });
        codes = plan.prior.codes;
      },
      check(game) {
        if (game.judgesPairs(discriminator))
          throw new UsageError(
            "mutual-information: D is given the latent along with the image here, and Q would read the codes off it; leave one of the two terms out",
          );
        if (game.groupOf(discriminator) > 1)
          throw new UsageError(
            "mutual-information: a pack of images has the codes of each, and Q tells of one; leave packing out",
          );
      },
      head: (network) => codeHead(network, codes, units),
      loss(head, { features, sample }, _network, play) {
        const weights = codes.map(({ kind }) => play.at(kind === "categorical" ? weight : continuousWeight));
        const output = head.forward(features.global);
        const losses = codeLosses(output, sample.latent!, codes);
        return sumOf(losses.map((loss, code) => loss.mul(weights[code]!)));
      },
    });
  },
});
