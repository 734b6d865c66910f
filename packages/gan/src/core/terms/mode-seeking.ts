import { distributed, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { scheduled } from "../base/schedule.js";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";

/**
 * Latents that are apart should make images that are: of pairs of latents with one label,
 *
 *     G: + weight / (mean |G(z1) - G(z2)| / mean |z1 - z2| + epsilon)
 *
 * means over pairs and numbers. Without labels a pair is an image of the batch's first half and one of its second; with
 * labels each image of the batch has a second of its label, made for this.
 */
export default defineTerm({
  name: "mode-seeking",
  summary: "latents that are apart must make images that are (MSGAN)",
  source: "Mao et al. 2019 (MSGAN), equation 3; HelenMao/MSGAN, DCGAN-Mode-Seeking/model.py",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(1).describe("lambda_ms"),
    epsilon: z.number().min(0).default(1e-5).describe("added to the ratio of the distances"),
  }),
  make: ({ weight, epsilon }) => {
    const loss = oncePerPlay((play) => {
      const { images, latents } = pairs(play);
      const apart = ([a, b]: readonly [Tensor, Tensor]) => distributed.meanOfBatch(a.sub(b).abs().mean());
      return apart(images).div(apart(latents)).add(epsilon).reciprocal().mul(play.at(weight));
    });
    return {
      coupled: "the pairs of latents that mode-seeking compares",
      attach(game) {
        if (game.smallestBatch < 2)
          throw new UsageError(
            "mode-seeking compares images of a batch, and there is one; set batch=2 or more",
          );
      },
      loss: (player, play) =>
        player === "generator" && play.at(weight) > 0 && play.game.stream("fake").dependsOn.includes(player)
          ? loss(play)
          : undefined,
    };
  },
});

interface Pairs {
  readonly images: readonly [Tensor, Tensor];
  readonly latents: readonly [Tensor, Tensor];
}

function pairs(play: Play): Pairs {
  const { image, latent, label } = play.stream("fake");
  if (latent === undefined) throw new Error("the stream 'fake' has no latents");
  if (label !== undefined) {
    const { random, device } = play.options;
    const other = play.generator().prior.sample(latent.size(0), random, device);
    return { images: [image, play.generate(other, label)], latents: [latent, other] };
  }
  const halves = (own: Tensor) => {
    const all = distributed.rowsOfBatch(own);
    const half = Math.floor(all.size(0) / 2);
    return [all.narrow(0, 0, half), all.narrow(0, half, half)] as const;
  };
  return { images: halves(image), latents: halves(latent) };
}
