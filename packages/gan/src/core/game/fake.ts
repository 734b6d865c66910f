import { distributed, torch } from "@gantry/torch";
import { drawnFor } from "./accumulation.js";
import type { Drawn, Play, Stream } from "./play.js";

/** Latents, and where the generator is conditional uniformly drawn labels, of `count` fakes. */
export function drawLatents(play: Play, count: number): Drawn {
  const { prior, classes } = play.generator();
  const { random, device } = play.options;
  const latent = prior.sample(count, random, device);
  if (classes === undefined) return { latent };
  const label = distributed.drawRows([count], (all) =>
    torch.randint(0, classes, all, { generator: random, dtype: "int64", device }),
  );
  return { latent, label };
}

/** The stream `fake` = G(z) of what is drawn for each step. */
export const fakeOf = (draw: (play: Play, count: number) => Drawn): Stream => ({
  dependsOn: ["generator"],
  sample(play) {
    const { latent, label } = drawnFor(play, "fake", (count) => draw(play, count));
    return { image: play.generate(latent, label), latent, ...(label === undefined ? {} : { label }) };
  },
});
