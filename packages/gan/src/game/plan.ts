import type { nn, Tensor } from "@gantry/torch";
import { UsageError } from "../errors.js";
import type { NetFamily } from "../nets/family.js";
import type { Prior } from "../nets/prior.js";
import type { GradientRule } from "./gradient.js";
import type { Play } from "./play.js";
import type { DataShape, Sample } from "./sample.js";

export type Role = "generator" | "discriminator" | "encoder" | "classifier";

/** A named, lazily computed source of samples. */
export interface Stream {
  /** The players whose parameters its samples depend on: a graph is recorded only while one of them updates. */
  readonly dependsOn: readonly string[];
  sample(play: Play): Sample;
}

/** A transform in front of a discriminator, the same for every stream it judges. */
export interface View {
  /** The shape that comes out for one sample, given the shape that goes in; default the same. */
  shape?(shape: readonly number[]): readonly number[];
  apply(sample: Sample, play: Play): Sample;
}

/** One entry of the schedule. */
export interface Phase {
  readonly name: string;
  /**
   * Who updates. Each player minimises its own losses; players in one inner list form a team: they minimise the sum of
   * their losses in one backward pass, right when what only one of them minimises does not depend on the others.
   */
  readonly update: readonly (string | readonly string[])[];
  /** Steps in a row. */
  readonly steps: number;
  /** `fresh`: every step takes the next real batch. `same`: the batch of the step before. */
  readonly real: "fresh" | "same";
}

/** A player before its network exists. */
export interface PlayerPlan {
  readonly role: Role;
  make(): nn.Module;
}

/** The composition while terms may still change it: names and shapes, no networks yet. */
export class Plan {
  readonly data: DataShape;
  readonly prior: Prior;
  readonly batch: number;
  /** Classes the networks are conditioned on; undefined when unconditional. */
  readonly classes: number | undefined;
  readonly players = new Map<string, PlayerPlan>();
  readonly streams = new Map<string, Stream>();
  /** Views by discriminator, applied in order. */
  readonly views = new Map<string, View[]>();
  /** How a player's gradients are made from its losses; default: of their sum. */
  readonly rules = new Map<string, GradientRule>();
  phases: Phase[];
  /** Set by terms whose discriminator judges (image, latent) pairs. */
  jointLatent = false;
  readonly #family: NetFamily;
  readonly #options: Record<string, unknown>;

  constructor(init: {
    data: DataShape;
    prior: Prior;
    batch: number;
    classes: number | undefined;
    family: NetFamily;
    familyOptions: Record<string, unknown>;
    discriminatorSteps: number;
  }) {
    this.data = init.data;
    this.prior = init.prior;
    this.batch = init.batch;
    this.classes = init.classes;
    this.#family = init.family;
    this.#options = init.familyOptions;
    this.phases = [
      { name: "discriminator", update: ["discriminator"], steps: init.discriminatorSteps, real: "fresh" },
      { name: "generator", update: ["generator"], steps: 1, real: "same" },
    ];
    this.players.set("generator", {
      role: "generator",
      make: () => this.#family.generator(this.#options, this.#request()),
    });
    this.addDiscriminator("discriminator");
  }

  #request() {
    return { data: this.data, prior: this.prior, classes: this.classes };
  }

  /** Adds a discriminator of the family's. @param joint judges (image, latent) pairs; default as `jointLatent` says */
  addDiscriminator(name: string): void {
    this.players.set(name, {
      role: "discriminator",
      make: () => {
        let shape = this.data.shape;
        for (const view of this.views.get(name) ?? []) shape = view.shape?.(shape) ?? shape;
        return this.#family.discriminator(this.#options, {
          ...this.#request(),
          inputShape: shape,
          latentSize: this.jointLatent ? this.prior.size : 0,
        });
      },
    });
  }

  /** Adds the family's encoder as player `encoder`, unless there is one. */
  addEncoder(options: { stochastic: boolean } = { stochastic: false }): void {
    if (this.players.has("encoder")) return;
    this.players.set("encoder", {
      role: "encoder",
      make: () => this.#family.encoder(this.#options, { ...this.#request(), stochastic: options.stochastic }),
    });
  }

  addView(discriminator: string, view: View): void {
    this.views.set(discriminator, [...(this.views.get(discriminator) ?? []), view]);
  }

  /** Lets `player` update with `leader`, in one team, in every phase in which `leader` updates. */
  joinTeam(player: string, leader: string): void {
    this.phases = this.phases.map((phase) => ({
      ...phase,
      update: phase.update.map((team) => {
        const members = typeof team === "string" ? [team] : team;
        return members.includes(leader) && !members.includes(player) ? [...members, player] : team;
      }),
    }));
  }

  /** @throws UsageError always, worded as a composition that makes no sense */
  refuse(reason: string): never {
    throw new UsageError(reason);
  }
}

/** A loss by the name of the term that produced it. */
export interface NamedLoss {
  readonly term: string;
  readonly loss: Tensor;
}
