import { type Tensor, torch } from "@gantry/torch";
import type { Play, Stream } from "./play.js";

/** What a generator makes fakes of: latents N,L and, where it is conditional, uniformly drawn labels int64 N. */
export interface Draw {
  readonly latent: Tensor;
  readonly label?: Tensor | undefined;
}

/** A draw of the size of this step's batch. */
export function drawLatents(play: Play): Draw {
  const { prior, classes } = play.generator();
  const { batch, random, device } = play.options;
  const latent = prior.sample(batch, random, device);
  if (classes === undefined) return { latent };
  const label = torch.randint(0, classes, [batch], { generator: random, dtype: "int64", device });
  return { latent, label };
}

/** The stream `fake` = G(z) of what is drawn for each step. */
export const fakeOf = (draw: (play: Play) => Draw): Stream => ({
  dependsOn: ["generator"],
  sample(play) {
    const { latent, label } = draw(play);
    return { image: play.generate(latent, label), latent, label };
  },
});
