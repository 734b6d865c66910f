import { distributed, grad, sumOf, type Tensor, torch } from "@gantry/torch";
import type { Judgement, Play, Stage } from "../../game/play.js";
import type { Sample } from "../../nets/sample.js";
import { oncePerPlay } from "./adversarial.js";

/** A sample that gradients are taken by: without history, the latent too where D judges pairs. */
export function leaf({ image, latent, label }: Sample): Sample {
  return {
    image: image.detach().requiresGrad_(),
    latent: latent?.detach().requiresGrad_(),
    label,
  };
}

/**
 * The gradients of a discriminator's scores by everything it judges, one tensor for each sample, with a row for each
 * judgement: of a pair image and latent, of a pack all its members. They can themselves be differentiated.
 * @param samples of leaf()
 * @returns of each N / pack size, numbers
 */
function slopesAt(
  play: Play,
  discriminator: string,
  judgements: readonly Judgement[],
  samples: readonly Sample[],
) {
  const inputs = samples.map(({ image, latent }) => (latent === undefined ? [image] : [image, latent]));
  const gradients = grad(sumOf(judgements.map(({ logits }) => logits.sum())), inputs.flat(), {
    createGraph: true,
    allowUnused: true,
  });
  const group = play.game.groupOf(discriminator);
  return inputs.map(({ length }): Tensor => {
    const rows = gradients
      .splice(0, length)
      .flatMap((slope) => (slope === undefined ? [] : [slope.flatten(1)]));
    const all = rows.length === 1 ? (rows[0] as Tensor) : torch.cat(rows, 1);
    return group === 1 ? all : all.reshape([all.size(0) / group, -1]);
  });
}

/** Where a term looks at a discriminator's slope in a step: samples of leaf(), none where it does not look. */
type Places = (play: Play) => Iterable<Sample>;

/** What terms ask of one discriminator, and a step's answers. */
interface Asked {
  readonly places: Places[];
  readonly together: (play: Play) => ReadonlyMap<Places, readonly Tensor[]>;
}

const askedOf = new WeakMap<Stage, Map<string, Asked>>();

function asked(game: Stage, discriminator: string): Asked {
  const known = askedOf.get(game) ?? new Map<string, Asked>();
  askedOf.set(game, known);
  const places: Places[] = [];
  const entry = known.get(discriminator) ?? {
    places,
    together: oncePerPlay((play: Play) => answer(play, discriminator, places)),
  };
  known.set(discriminator, entry);
  return entry;
}

/** The slopes at all places, through one pass of D. */
function answer(play: Play, discriminator: string, places: readonly Places[]) {
  const samples: Sample[] = [];
  const counts: number[] = [];
  // One after the other: a view that draws numbers draws them where it would for this sample alone.
  function* each() {
    for (const at of places) {
      const before = samples.length;
      for (const sample of at(play)) {
        samples.push(sample);
        yield sample;
      }
      counts.push(samples.length - before);
    }
  }
  const judgements = play.judgeSamples(discriminator, each());
  const slopes = judgements.length === 0 ? [] : slopesAt(play, discriminator, judgements, samples);
  return new Map(places.map((at, i) => [at, slopes.splice(0, counts[i])] as const));
}

/**
 * Asks for a discriminator's slopes in its steps. Terms ask when they attach, so that the first to look in a step knows of
 * all: where D joins passes, its scores at the places of every term (R1, R2, gradient penalties) come from one pass.
 * @returns what gives a step's slopes, one tensor for each sample: a row for each judgement, of everything it is about (a
 * pair's image and latent, all members of a pack). They can themselves be differentiated.
 */
export function askSlopes(
  game: Stage,
  discriminator: string,
  places: Places,
): (play: Play) => readonly Tensor[] {
  const { places: all, together } = asked(game, discriminator);
  all.push(places);
  return (play) => {
    if (play.game.joinsPasses(discriminator)) return together(play).get(places) as readonly Tensor[];
    return [...places(play)].flatMap((sample) =>
      slopesAt(play, discriminator, [play.judgeSample(discriminator, sample)], [sample]),
    );
  };
}

/** Lengths of slopes, one for each judgement. */
export function slopeNorms(slopes: readonly Tensor[]): Tensor {
  const norms = slopes.map((slope) => slope.vectorNorm(2, [1]));
  return norms.length === 1 ? (norms[0] as Tensor) : torch.cat(norms);
}

/** A uniform number for each of `count` samples, one for all of a judgement: members of a pack share it. N. */
export function drawnPerJudgement(play: Play, discriminator: string, count: number, like: Tensor): Tensor {
  const group = play.game.groupOf(discriminator);
  const options = { generator: play.random, dtype: like.dtype, device: play.options.device };
  const drawn = distributed.drawRows([count / group, 1], (all) => torch.rand(all, options));
  return drawn.expand([count / group, group]).reshape([count]);
}

/** N numbers, to be multiplied with N,...: N,1,... */
export const overSamples = (numbers: Tensor, like: Tensor): Tensor =>
  numbers.view([numbers.size(0), ...like.shape.slice(1).map(() => 1)]);
