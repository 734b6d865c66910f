import { grad, type Tensor, torch } from "@gantry/torch";
import type { Play } from "../../game/play.js";
import type { Sample } from "../../nets/sample.js";

/** A sample that gradients are taken by: without history, the latent too where D judges pairs. */
export function leaf({ image, latent, label }: Sample): Sample {
  return {
    image: image.detach().requiresGrad_(),
    latent: latent?.detach().requiresGrad_(),
    label,
  };
}

/**
 * The gradient of a discriminator's scores by everything it judges, a row for each judgement: of a pair image and latent,
 * of a pack all its members. It can itself be differentiated. @param sample of leaf() @returns N / pack size, numbers
 */
export function slopes(play: Play, discriminator: string, sample: Sample): Tensor {
  const { image, latent } = sample;
  const { logits } = play.judgeSample(discriminator, sample);
  const inputs = latent === undefined ? [image] : [image, latent];
  const rows = grad(logits.sum(), inputs, { createGraph: true, allowUnused: true }).flatMap((slope) =>
    slope === undefined ? [] : [slope.flatten(1)],
  );
  const all = rows.length === 1 ? (rows[0] as Tensor) : torch.cat(rows, 1);
  const group = play.game.groupOf(discriminator);
  return group === 1 ? all : all.reshape([all.size(0) / group, -1]);
}
