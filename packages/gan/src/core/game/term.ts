import type { Tensor } from "@gantry/torch";
import type { z } from "zod";
import type { Named } from "../base/registry.js";
import type { Game } from "./game.js";
import type { Plan } from "./plan.js";
import type { Judgement, Play } from "./play.js";

/** A discriminator's loss whose real and fake parts are wanted apart (adaptive weights); it stands for their sum. */
export interface Split {
  readonly real: Tensor;
  readonly fake: Tensor;
  /** The judgements it comes from, a pair for every contest: for rules that go by the scores. */
  readonly judged: readonly { readonly real: Judgement; readonly fake: Judgement }[];
}

export const isSplit = (loss: Tensor | readonly Tensor[] | Split): loss is Split =>
  "real" in loss && "fake" in loss;

/**
 * One idea of one paper: what a player minimises, and what it brings along.
 *
 * The game calls `plan` (before any network exists), `attach` (networks exist, optimizers do not), then, every step of
 * every phase, `around`, `loss` and `afterUpdate`. All are optional; none may keep tensors between steps except in `state`.
 */
export interface Term {
  /** Adds players, streams, views, phases, gradient rules. Throws UsageError where the composition makes no sense. */
  plan?(plan: Plan): void;
  /** Adds heads to networks, or checks their shapes. Throws UsageError. */
  attach?(game: Game): void;
  /**
   * What `player` minimises because of this term; undefined for nothing. Called with gradients recorded. Several parts
   * (a list) add up; a tensor that several members of a team name counts once.
   */
  loss?(player: string, play: Play): Tensor | readonly Tensor[] | Split | undefined;
  /** Whether `loss` gives `player` a Split: what rules that take its parts apart need. Default false. */
  splits?(player: string): boolean;
  /** Runs the evaluation of every loss of `player`: for methods that look ahead. Must call `body` exactly once. */
  around?<T>(player: string, play: Play, body: (play: Play) => T): T;
  /** Whether `player` must stand still in this step, now that its losses are known (VAEGAN's equilibrium). */
  holds?(player: string, play: Play): boolean;
  /** After `player`'s optimizer stepped: clipping, counters. */
  afterUpdate?(player: string, play: Play): void;
  /** Tensors and numbers that checkpoints must carry. */
  readonly state?: TermState;
  /** Frees what it keeps between steps; when the game ends. */
  dispose?(): void;
}

/** State of a term between steps, saved in checkpoints. */
export interface TermState {
  save(): { tensors: Map<string, Tensor>; numbers: Record<string, number> };
  load(saved: { tensors: Map<string, Tensor>; numbers: Record<string, number> }): void;
}

export interface TermDefinition<Schema extends z.ZodObject = z.ZodObject> extends Named {
  /** Paper and equation, or repository. */
  readonly source: string;
  /**
   * `adversarial` terms replace each other when composed with --with; `gradient` terms change how gradients combine;
   * `view` terms transform what a discriminator sees; all others add up.
   */
  readonly kind: "adversarial" | "regularizer" | "view" | "gradient" | "constraint";
  readonly options: Schema;
  /** Takes the gradients of D's losses on reals and fakes apart: what a recipe says of judging them together gives way. */
  readonly parts?: true;
  make(options: z.output<Schema>): Term;
}

/** Lets TypeScript infer the options' type. */
export function defineTerm<Schema extends z.ZodObject>(
  definition: TermDefinition<Schema>,
): TermDefinition<Schema> {
  return definition;
}
