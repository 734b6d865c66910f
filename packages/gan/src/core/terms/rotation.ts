import { distributed, type nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { defineTerm } from "../game/term.js";
import type { Discriminator } from "../nets/contract.js";
import { classifierHead } from "../nets/layers/classifierHead.js";
import type { Sample } from "../nets/sample.js";
import { featureTask, featureTaskOptions } from "./parts/featureTask.js";

/** Quarter turns, counter-clockwise, that the head tells apart. */
const TURNS = [0, 1, 2, 3] as const;

const turned = (images: Tensor, turns: number) => (turns === 0 ? images : images.rot90(turns, [2, 3]));

/**
 * Image i of N turned counter-clockwise floor(4 i / N) times by 90 degrees: each quarter of the batch one angle.
 * @param images N,C,S,S; of several processes' step, this one's rows of the N
 * @returns the images, and the turns of each
 */
export function turnQuarters(images: Tensor): { images: Tensor; turns: number[] } {
  const count = images.size(0);
  const place = distributed.place(count);
  const own = (row: number) => Math.min(count, Math.max(0, row - place.from));
  const slices = TURNS.map((turn) => {
    const from = own(Math.ceil((turn * place.of) / 4));
    return { turn, from, length: own(Math.ceil(((turn + 1) * place.of) / 4)) - from };
  }).filter(({ length }) => length > 0);
  return {
    images: torch.cat(slices.map(({ turn, from, length }) => turned(images.narrow(0, from, length), turn))),
    turns: slices.flatMap(({ turn, length }) => Array.from({ length }, () => turn)),
  };
}

/** Mean cross-entropy of N,4 logits. */
const crossEntropy = (logits: Tensor, turns: readonly number[]) =>
  logits.crossEntropyLoss(torch.tensor(turns, { dtype: "int64", device: logits.device }));

export default defineTerm({
  name: "rotation",
  summary: "D must tell how far images were turned: self-supervision against forgetting (SSGAN)",
  source: "Chen et al. 2019 (SSGAN), equations 3 and 4; kwotsin/mimicry; google/compare_gan, gans/ssgan.py",
  kind: "regularizer",
  on: "dcgan",
  options: featureTaskOptions(0.2, 1).extend({
    form: z
      .enum(["every", "quarter"])
      .default("every")
      .describe(
        "every: image i of N turned once, by floor(4 i/N) * 90 degrees (kwotsin/mimicry); quarter: the last few images at all four angles (compare_gan)",
      ),
    rotated: z
      .int()
      .min(4)
      .max(65_536)
      .multipleOf(4, "must be a multiple of 4")
      .default(16)
      .describe("R, with form=quarter: how many turned images, upright ones included"),
    everyPass: z
      .boolean()
      .default(false)
      .describe(
        "every pass through D runs its head too, and that of turned images D's last layer, as where all are layers of D " +
          "(kwotsin/mimicry): with spectral norm each pass moves the estimates",
      ),
  }),
  make({ form, rotated, everyPass, ...options }) {
    /** Features of turned images, as a whole. */
    function globalOf(sample: Sample, network: Discriminator): Tensor {
      const features = network.features(sample);
      if (everyPass) noGrad(() => scope(() => network.score(features, sample)));
      return features.global;
    }
    return featureTask<nn.Linear>(options, {
      name: "rotation",
      needs:
        form === "every"
          ? [4, "one for each angle"]
          : [rotated / 4, `which make ${rotated} at four angles each`],
      plan(plan) {
        const [, height, width] = plan.data.shape;
        if (plan.data.kind !== "images" || height !== width)
          plan.refuse(
            `rotation turns square images, and this data has the shape [${plan.data.shape}]; use images, or set data.size`,
          );
        plan.whenPlanned(() => {
          const { discriminator } = options;
          const looking = plan.viewsOf(discriminator).filter(({ adversarialOnly }) => !adversarialOnly);
          if (looking.some(({ turns }) => turns))
            plan.refuse(
              "rotation has D tell how far images were turned, and ada turns what it looks at; set terms.ada.heads=false, so that rotation sees images as they are, or terms.ada.multipliers.rotate90=0 and terms.ada.multipliers.rotate=0",
            );
        });
      },
      head(network) {
        if (everyPass) network.headsOfEveryPass.add("rotation");
        return classifierHead(network, TURNS.length);
      },
      // What is turned is what D saw, after its views: a pack of images turns as a whole.
      loss(head, { sample, features }, network) {
        if (form === "every") {
          const { images, turns } = turnQuarters(sample.image);
          return crossEntropy(head.forward(globalOf({ ...sample, image: images }, network)), turns);
        }
        const count = rotated / 4;
        const last = (own: Tensor) => {
          const tensor = distributed.rowsOfBatch(own);
          return tensor.narrow(0, tensor.size(0) - count, count);
        };
        const thrice = (tensor: Tensor | undefined) =>
          tensor === undefined ? undefined : torch.cat([1, 2, 3].map(() => last(tensor)));
        // Upright they are those of the adversarial loss: only the turned ones are judged anew.
        const seen = {
          image: torch.cat([1, 2, 3].map((turn) => turned(last(sample.image), turn))),
          label: thrice(sample.label),
          latent: thrice(sample.latent),
        };
        const turns = TURNS.flatMap((turn) => Array.from({ length: count }, () => turn));
        return crossEntropy(head.forward(torch.cat([last(features.global), globalOf(seen, network)])), turns);
      },
    });
  },
});
