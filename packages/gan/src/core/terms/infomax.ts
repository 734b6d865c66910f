import { distributed, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { defineTerm } from "../game/term.js";
import { contrastiveLoss, InfomaxCritics, informationBound } from "../nets/layers/infomaxCritics.js";
import { featureTask, featureTaskOptions } from "./parts/featureTask.js";

/**
 * D learns on reals, and G on fakes, to tell an image's own local features by its global ones: see contrastiveLoss().
 *
 * Reported: `information/real` and `information/fake`, the lower bound on the mutual information of local and global
 * features that the loss is, in nats. Local features are those before D's last block; `net.localLayer` takes others.
 */
export default defineTerm({
  name: "infomax",
  summary: "D's global features must tell whose local features are whose: less forgetting, fewer lost modes",
  source: "Lee, Tran, Cheung 2021 (InfoMax-GAN), equations 2 to 7; kwotsin/mimicry",
  kind: "regularizer",
  on: "dcgan",
  options: featureTaskOptions(0.2, 0.2).extend({
    criticUnits: z
      .int()
      .min(1)
      .max(65_536)
      .default(1024)
      .describe("R: dimensions that the critics project features to"),
    criticLayers: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe("hidden layers of each critic, beside its linear shortcut"),
    variant: z
      .enum(["paper", "public"])
      .default("paper")
      .describe("paper: equation 4; public: an image's own other places masked, as in kwotsin/mimicry"),
  }),
  make: ({ criticUnits, criticLayers, variant, ...options }, instance = "infomax") =>
    featureTask<InfomaxCritics>(options, {
      name: "infomax",
      needs: [2, "to contrast"],
      coupled: "infomax's negatives",
      head({ featureShapes: { local, global } }) {
        if (local === undefined)
          throw new UsageError(
            "infomax needs a discriminator with local features, and this one (mlp? an autoencoder?) has none; use images and convolutional networks, as net.family=resnet or dcgan",
          );
        if (local[1] * local[2] === 1)
          throw new UsageError(
            "infomax needs several local features an image, and this discriminator's map is 1x1; use larger images",
          );
        return new InfomaxCritics(local[0], global, criticUnits, criticLayers);
      },
      loss(critics, { features: { local, global } }, _network, play, side) {
        const { rowsOfBatch } = distributed;
        const made = critics.scores(rowsOfBatch(local as Tensor), rowsOfBatch(global));
        // Under bfloat16 the sum over thousands of exponentials is taken in float32.
        const scores = made.dtype === "bfloat16" ? made.to({ dtype: "float32" }) : made;
        const loss = contrastiveLoss(scores, variant);
        play.report(`${instance}/information/${side}`, () => informationBound(scores, loss, variant));
        return loss;
      },
    }),
});
