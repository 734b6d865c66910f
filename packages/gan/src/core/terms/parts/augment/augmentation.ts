import type { Tensor } from "@gantry/torch";
import { z } from "zod";
import type { Plan } from "../../../game/plan.js";
import type { Term } from "../../../game/term.js";
import { control, controlOptions, type Target } from "./control.js";
import { type Draws, drawsOf } from "./draws.js";

/** The options of every augmentation of what D sees. */
export const augmentationOptions = (defaults: { probability: number; target: Target }) =>
  controlOptions(defaults).extend({
    heads: z
      .boolean()
      .default(true)
      .describe("what D's heads look at (infomax, rotation) is augmented too; false: only what D scores"),
    discriminator: z.string().nullable().default(null).describe("before which; null: every one"),
  });

export type AugmentationOptions = z.output<ReturnType<typeof augmentationOptions>>;

/** A transform of images that can be differentiated, twice where slopes of D are penalised. */
export interface Augmentation {
  /** The term's. */
  readonly name: string;
  /**
   * @param images N,C,H,W, no narrower than float32
   * @param probability above 0
   */
  transform(images: Tensor, probability: number, draws: Draws): Tensor;
  /** Why it cannot be done to images of this shape, what to do; undefined where it can. */
  unfit?(shape: readonly number[]): string | undefined;
  /** Whether it turns images: a task that asks how they lie cannot look through it. */
  readonly turns?: boolean;
}

/**
 * A term that augments everything a discriminator sees, reals and fakes alike, in its steps and in G's, through which gradients flow: G
 * learns the data, not the augmentation. Slopes of D (R1, gradient penalties) are by the image before it. What it draws comes from the
 * training's generator; at p 0 it draws nothing, and everything is as without it, to the bit.
 */
export function augmentation(
  options: AugmentationOptions,
  { name, transform, unfit, turns = false }: Augmentation,
  instance: string,
): Term {
  const { discriminator, heads } = options;
  let judges: readonly string[] = [];
  const { at, never, hooks } = control(options, { term: name, instance, watched: () => judges });
  if (never) return {};
  return {
    ...hooks,
    plan(plan) {
      requireImages(plan, name, unfit);
      plan.addView(discriminator ?? undefined, {
        ofData: true,
        adversarialOnly: !heads,
        turns,
        apply(sample, play) {
          const probability = at(play);
          if (probability === 0) return sample;
          const { image } = sample;
          const { dtype } = image;
          const wide = dtype === "bfloat16" ? image.to({ dtype: "float32" }) : image;
          const changed = transform(wide, probability, drawsOf(play.random, wide));
          return { ...sample, image: dtype === "bfloat16" ? changed.to({ dtype }) : changed };
        },
      });
      plan.whenPlanned(() => {
        judges = judgesOfData(plan, discriminator);
        if (judges.length === 0)
          plan.refuse(
            `${name} augments what a discriminator sees of the data, and ${discriminator === null ? "none here looks at it (aae has it judge latents)" : `there is no '${discriminator}' that looks at it`}; leave ${name} out`,
          );
      });
    },
  };
}

/** The discriminators that look at the data: all, or the one of this name. */
export const judgesOfData = (plan: Plan, discriminator: string | null): string[] =>
  [...plan.players]
    .filter(([name, { role }]) => role === "discriminator" && plan.judgesData(name))
    .map(([name]) => name)
    .filter((name) => discriminator === null || name === discriminator);

/** @throws UsageError for points, and for images that do not suit */
export function requireImages(plan: Plan, term: string, unfit?: Augmentation["unfit"]): void {
  const { kind, shape } = plan.data;
  if (kind !== "images")
    plan.refuse(`${term} changes images, and this data is points; leave it out, or use images`);
  const objection = unfit?.(shape);
  if (objection !== undefined) plan.refuse(`${term} ${objection}`);
}
