import { type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../errors.js";
import { featureTask, featureTaskOptions } from "../game/featureTask.js";
import { defineTerm } from "../game/term.js";
import { InfomaxCritics } from "../nets/layers/infomaxCritics.js";

/** What the public code writes over the scores of an image's own local vectors. */
const MASKED = -10;

/**
 * The contrastive loss of InfoMax-GAN.
 *
 * `paper`, equation 4: every pair (image a's global vector, one of its own M^2 local vectors) is to be told from the pairs
 * of the same global vector with all N M^2 local vectors of the batch. The denominator depends on the global vector alone,
 * so with S[i, a, p] the score of image i's place p: loss = mean_a [logsumexp_(i,p) S[i, a, p] - mean_p S[a, a, p]].
 *
 * `public`, kwotsin/mimicry: each positive is told from itself and N M^2 others, among which the scores of its own
 * image are overwritten with -10: loss = mean_(a,p) [log(e^S[a,a,p] + M^2 e^-10 + sum_(i != a, q) e^S[i,a,q]) - S[a,a,p]].
 *
 * @param scores N,N,M,M: [image of the local vector, image of the global vector, place] @returns a single number
 */
export function contrastiveLoss(scores: Tensor, variant: "paper" | "public"): Tensor {
  const positives = scores.diagonal(0, 0, 1);
  if (variant === "paper") return scores.logsumexp([0, 2, 3]).mean().sub(positives.mean());
  const count = scores.size(0);
  const own = torch.eye(count, { device: scores.device }).view([count, count, 1, 1]).gt(0);
  const negatives = scores.maskedFill(own, MASKED).logsumexp([0, 2, 3]);
  // log(e^p + e^n) - p = softplus(n - p); the usual threshold of 20 would cost float64 its last digits.
  return negatives.sub(positives).softplus(1, 40).mean();
}

export default defineTerm({
  name: "infomax",
  summary: "D's global features must tell whose local features are whose: less forgetting, fewer lost modes",
  source: "Lee, Tran, Cheung 2021 (InfoMax-GAN), equations 4 to 7; kwotsin/mimicry",
  kind: "regularizer",
  options: featureTaskOptions(0.2, 0.2).extend({
    criticUnits: z.int().min(1).default(1024).describe("R: dimensions that the critics project features to"),
    variant: z
      .enum(["paper", "public"])
      .default("paper")
      .describe("paper: equation 4; public: an image's own other places masked, as in kwotsin/mimicry"),
  }),
  make: ({ criticUnits, variant, ...options }) =>
    featureTask<InfomaxCritics>(options, {
      name: "infomax",
      needs: [2, "to contrast"],
      head({ featureShapes: { local, global } }) {
        if (local === undefined)
          throw new UsageError(
            "infomax needs a discriminator with local features, and this one (mlp?) has none; use images and convolutional networks, as net.family=resnet or dcgan",
          );
        if (local[1] * local[2] === 1)
          throw new UsageError(
            "infomax needs several local features an image, and this discriminator's map is 1x1; use larger images",
          );
        return new InfomaxCritics(local[0], global, criticUnits);
      },
      loss(critics, { features: { local, global } }) {
        const scores = critics.scores(local as Tensor, global);
        // Under bfloat16 the sum over thousands of exponentials is taken in float32.
        return contrastiveLoss(
          scores.dtype === "bfloat16" ? scores.to({ dtype: "float32" }) : scores,
          variant,
        );
      },
    }),
});
