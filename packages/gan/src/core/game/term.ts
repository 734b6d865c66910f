import type { nn, optim, Tensor } from "@gantry/torch";
import type { z } from "zod";
import type { JsonObject } from "../base/json.js";
import type { Named } from "../base/registry.js";
import type { Before } from "../base/versions.js";
import type { GraphOptions, Losses, Split } from "./gradient.js";
import type { Plan } from "./plan.js";
import type { Contest, Play, Role, Stage } from "./play.js";

/** A network and what updates it. */
export interface Player {
  readonly name: string;
  readonly role: Role;
  readonly network: nn.Module;
  readonly optimizer: optim.Optimizer;
}

/** What `attach` is given: a game whose networks exist. */
export interface ComposedGame extends Stage {
  /** What adversarial terms that name no streams play. */
  readonly contests: readonly Contest[];
  readonly streamNames: readonly string[];
  /** Images of the smallest batch that a discriminator is given, before its views: where batches come in parts, of a part. */
  readonly smallestBatch: number;
  /** Parts in which a batch goes through the networks. */
  readonly parts: number;
  /**
   * The score at which a discriminator calls a sample neither real nor fake; undefined where its losses only compare scores, or
   * meet at different ones. Not before every term has attached.
   */
  boundaryOf(discriminator: string): number | undefined;
  has(player: string): boolean;
  hasStream(name: string): boolean;
  /** The contests that a discriminator judges; of none, the plain game's streams. */
  contestsOf(discriminator: string): readonly Contest[];
  /** @throws UsageError where there is no discriminator of this name, on behalf of a term whose options name it */
  requireDiscriminator(term: string, discriminator: string): void;
  /** @throws UsageError where there is no stream of this name, on behalf of a term whose options name it */
  requireStream(term: string, stream: string): void;
  /**
   * For terms that look at images or points through a discriminator.
   * @throws UsageError where there is no such discriminator, or it judges something else (AAE's judges latents)
   */
  requireJudgeOfData(term: string, discriminator: string): void;
  /** @throws Error when there is no such player: a mistake of the term's. Not before every term has attached. */
  player(name: string): Player;
  /**
   * What a team minimises in this step, inside the terms' `around` hooks.
   * @param precision default the game's
   */
  evaluate(team: readonly string[], play: Play, precision?: "float32" | "bfloat16"): Losses;
  /** The gradients of a team's losses by its members' parameters, by the rule of the first. */
  gradients(
    team: readonly string[],
    losses: Losses,
    play: Play,
    graph?: GraphOptions,
  ): (Tensor | undefined)[];
}

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
  attach?(game: ComposedGame): void;
  /** Refuses, by UsageError, what does not go with other terms, now that every one has attached. */
  check?(game: ComposedGame): void;
  /**
   * What `player` minimises because of this term; undefined for nothing. Called with gradients recorded. Several parts
   * (a list) add up; a tensor that several members of a team name counts once.
   */
  loss?(player: string, play: Play): Tensor | readonly Tensor[] | Split | undefined;
  /**
   * Of an adversarial loss of `player`, whether it comes in a part of reals and a part of fakes (a Split), which rules may
   * weigh apart; undefined where the term gives `player` none.
   */
  splits?(player: string): boolean | undefined;
  /**
   * Of an adversarial loss of `player`, the score that lies between reals and fakes; null where it only compares scores;
   * undefined where the term gives `player` none.
   */
  boundary?(player: string): number | null | undefined;
  /** Runs the evaluation of every loss of `player`: for methods that look ahead. Must call `body` exactly once. */
  around?<T>(player: string, play: Play, body: (play: Play) => T): T;
  /** Whether `player` must stand still in this step, now that its losses are known (VAEGAN's equilibrium). */
  holds?(player: string, play: Play): boolean;
  /** After `player`'s optimizer stepped: clipping, counters. */
  afterUpdate?(player: string, play: Play): void;
  /**
   * What of it depends on who else is in the batch, for a message, as "infomax has its negatives from the batch": a batch in
   * parts is then not the same. Undefined (default): each sample counts by itself.
   */
  readonly coupled?: string | undefined;
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
  /** A recipe that it goes on, for the command that `gantry terms show` gives; default `gan`, which is of points. */
  readonly on?: string;
  /** Of adversarial losses: what D minimises is a part of reals plus a part of fakes, whatever the options (Term.splits). */
  readonly separable?: true;
  /** Takes the gradients of D's losses on reals and fakes apart: what a recipe says of judging them together gives way. */
  readonly parts?: true;
  /** What options were in configurations of older versions, where those do not say: see CONFIG_VERSION. */
  readonly before?: Before;
  /**
   * Says options of older versions in today's.
   * @throws UsageError
   */
  translate?(options: JsonObject): JsonObject;
  /** @param instance the name it goes by in this composition, in logs and messages; default its own */
  make(options: z.output<Schema>, instance?: string): Term;
}

/** Lets TypeScript infer the options' type. */
export function defineTerm<Schema extends z.ZodObject>(
  definition: TermDefinition<Schema>,
): TermDefinition<Schema> {
  return definition;
}
