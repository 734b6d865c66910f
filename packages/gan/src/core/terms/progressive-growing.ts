import { z } from "zod";
import { UsageError } from "../base/errors.js";
import type { Play } from "../game/play.js";
import { type ComposedGame, defineTerm } from "../game/term.js";
import { blend, enlarged, Growth, shrunk } from "../nets/growing.js";
import type { Sample } from "../nets/sample.js";

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

/**
 * Training begins with small images, and networks grow: for `stable` images the size stays, for `fading` ones the layers of
 * twice the size are blended in, until the data's own is reached. With i the images that D has seen,
 *
 *     level = log2(size / initial) - phase - max(i - phase * (stable + fading) - stable, 0) / fading,   not below 0
 *     phase = floor(i / (stable + fading))
 *
 * sizes are halved floor(level) times, and the rest is the share of the next smaller one: in G's last layers, in D's first, and
 * in the reals, whose detail fades in alike. The level is set once an iteration, so that D and G step at the same. All that
 * looks at reals sees them so; images keep the data's size, each pixel repeated.
 *
 * Small images may come in larger batches. The authors' code sets the level every four iterations. Whenever a size begins or ends to fade in, optimizers begin anew.
 */
export default defineTerm({
  name: "progressive-growing",
  summary: "begins with small images and lets the networks grow (ProGAN, StyleGAN)",
  source: "Karras et al. 2018 (ProGAN), section 2; NVlabs/stylegan, training_schedule, process_reals",
  kind: "view",
  on: "stylegan",
  options: z.strictObject({
    initial: z
      .int()
      .min(4)
      .max(65_536)
      .refine(isPowerOfTwo, { error: "a power of two" })
      .default(8)
      .describe("side of the first images in pixels; ProGAN's 4, StyleGAN's 8"),
    stable: z.number().min(0).default(600_000).describe("images that D sees before the next size fades in"),
    fading: z.number().min(0).default(600_000).describe("images that D sees while it does"),
    batches: z
      .record(z.string().regex(/^\d+$/, "a side in pixels"), z.int().min(1).max(1_048_576))
      .default({})
      .describe(
        'images of a batch by the side that is reached, as {"8":256,"16":128}; other sides take `batch`',
      ),
    resetMoments: z
      .boolean()
      .default(true)
      .describe("optimizers begin anew whenever a size begins or ends to fade in"),
  }),
  make({ initial, stable, fading, batches, resetMoments }) {
    let game: ComposedGame;
    let players: readonly string[] = [];
    /** Those whose images are the data's. */
    let growing: readonly string[] = [];
    let parts: readonly Growth[] = [];
    let most = 0;
    let level = 0;
    /** Iteration that the level was set for. */
    let iteration: number | undefined;
    /** The level of the iteration before; undefined before the first. */
    let before: number | undefined;
    const arrive = (play: Play) => {
      if (play.iteration === iteration) return;
      iteration = play.iteration;
      level = levelAt(play.options.images ?? 0, { most, stable, fading });
      for (const part of parts) part.set(level);
      if (resetMoments && before !== undefined && isOtherPhase(before, level))
        for (const name of players) game.player(name).optimizer.dispose();
      before = level;
    };
    return {
      plan(plan) {
        const [, side = 0] = plan.data.shape;
        if (plan.data.kind !== "images")
          plan.refuse("progressive-growing: points have no size to grow to; leave it out");
        if (side < initial)
          plan.refuse(
            `progressive-growing begins with images of ${initial} pixels, and the data's have ${side}; set terms.progressive-growing.initial=${Math.max(4, side / 2)} or less`,
          );
        most = Math.log2(side / initial);
        plan.growing = initial;
        for (const [key, batch] of Object.entries(batches)) {
          if (!isPowerOfTwo(side / Number(key)) || Number(key) < initial || Number(key) > side)
            plan.refuse(
              `progressive-growing: batches names the side ${key}, and the images are of ${initial} to ${side} pixels, by powers of two`,
            );
          if (batch % plan.batch !== 0)
            plan.refuse(
              `progressive-growing: a batch of ${batch} at ${key} pixels is no multiple of batch=${plan.batch}, which data is read by; set batch to the smallest of all`,
            );
        }
        plan.batchFactor = (images) => {
          const { batch } = plan;
          const reached = side / 2 ** Math.floor(levelAt(images, { most, stable, fading }));
          return (batches[reached] ?? batch) / batch;
        };
        plan.whenPlanned(() => {
          players = [...plan.players.keys()];
          growing = players.filter((name) => {
            const role = plan.players.get(name)?.role;
            return role === "generator" || (role === "discriminator" && plan.judgesData(name));
          });
        });
        plan.streams.set("real", {
          dependsOn: [],
          sample: (play) => faded(play.options.real(), level),
        });
      },
      attach(composed) {
        game = composed;
        parts = players.flatMap((name) => {
          const found = game
            .network(name)
            .namedModules()
            .flatMap(([, module]) => (module instanceof Growth ? [module] : []));
          if (found.length === 0 && growing.includes(name))
            throw new UsageError(
              `progressive-growing: the ${name} does not grow; set net.family=stylegan, or leave it out`,
            );
          return found;
        });
      },
      around(_player, play, body) {
        arrive(play);
        play.report("growth/level", level);
        return body(play);
      },
      state: {
        save: () => ({ tensors: new Map(), numbers: before === undefined ? {} : { level: before } }),
        load({ numbers }) {
          before = numbers.level;
          iteration = undefined;
        },
      },
    };
  },
});

/** Where training stands after so many images: sizes that are still to come, with the part of one that has not faded in. */
export function levelAt(
  images: number,
  { most, stable, fading }: { most: number; stable: number; fading: number },
): number {
  const each = stable + fading;
  if (each === 0) return 0;
  const phase = Math.floor(images / each);
  const faded = fading === 0 ? 0 : Math.max(images - phase * each - stable, 0) / fading;
  return Math.max(0, most - phase - faded);
}

const isOtherPhase = (a: number, b: number) =>
  Math.floor(a) !== Math.floor(b) || Math.ceil(a) !== Math.ceil(b);

/** Real images as they are while networks are small: halved and enlarged again, with a share of the next smaller ones. */
export function faded(sample: Sample, level: number): Sample {
  const halvings = Math.floor(level);
  const share = level - halvings;
  if (level === 0) return sample;
  const small = shrunk(sample.image, halvings);
  const mixed = share === 0 ? small : blend(small, enlarged(shrunk(small, 1), 1), share);
  return { ...sample, image: enlarged(mixed, halvings) };
}
