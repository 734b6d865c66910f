// What the tests of terms share: small games, in float64 by default so that finite differences see what is there.
import assert from "node:assert/strict";
import {
  type Device,
  grad,
  keep,
  manualSeed,
  nn,
  noGrad,
  RandomGenerator,
  scope,
  type Tensor,
  torch,
} from "@gantry/torch";
import type { JsonObject } from "../core/base/json.js";
import { composeGame } from "../core/config/build.js";
import { validateConfig } from "../core/config/config.js";
import type { Config } from "../core/config/schema.js";
import type { Game } from "../core/game/game.js";
import { totalLoss } from "../core/game/gradient.js";
import { type BatchPart, type Phase, Play, type PlayOptions } from "../core/game/play.js";
import type { Discriminator } from "../core/nets/contract.js";
import { Prior, type PriorOptions } from "../core/nets/prior.js";
import type { DataShape, Sample } from "../core/nets/sample.js";
import { assertClose } from "./networks.js";

export interface TinyOptions {
  /** Family, prior and the family's options, as in a configuration. */
  readonly net: JsonObject;
  readonly data: DataShape;
  /** By name, with options, as in a configuration. */
  readonly terms: JsonObject;
  /** Default: Adam with the configuration's defaults, for every player. */
  readonly optimizers?: JsonObject;
  readonly schedule?: JsonObject;
  /** Default false. */
  readonly conditional?: boolean;
  /** Default 4. */
  readonly batch?: number;
  /** Of the weights, the batch and every step. Default 1. */
  readonly seed?: number;
  /** The latents of every step; default drawn from the prior. */
  readonly latents?: () => Tensor;
  /** Default float64. */
  readonly dtype?: "float32" | "float64";
  /** Arithmetic of networks and losses; default that of `dtype`. */
  readonly precision?: "bfloat16";
}

/** Draws in the element type of the test, or gives what the test gives. */
class TestPrior extends Prior {
  readonly #dtype: "float32" | "float64";
  readonly #latents: (() => Tensor) | undefined;

  constructor(options: PriorOptions, dtype: "float32" | "float64", latents: (() => Tensor) | undefined) {
    super(options);
    this.#dtype = dtype;
    this.#latents = latents;
  }

  override sample(count: number, generator?: RandomGenerator, device: Device = "cpu"): Tensor {
    return (this.#latents?.() ?? super.sample(count, generator, device)).to({ dtype: this.#dtype });
  }
}

/** One of equal parts of a batch; without a part, all of it. */
function partOf({ image, label }: Sample, { index, count }: Partial<BatchPart> = {}): Sample {
  const own = (tensor: Tensor) => {
    const size = tensor.size(0) / (count ?? 1);
    return tensor.narrow(0, (index ?? 0) * size, size);
  };
  return { image: own(image), ...(label === undefined ? {} : { label: own(label) }) };
}

/** A small game with one fixed real batch. Dispose of it when done. */
export class TinyGame {
  readonly config: Config;
  readonly game: Game;
  /** The real batch of every step: images uniform in [-1, 1], labels 0, 1, 2, ... in turn where the data has classes. */
  readonly real: Sample;
  /** The phase that plays are steps of, for terms that ask; default none. */
  phase: string | undefined;
  readonly #seed: number;
  #steps = 0;

  private constructor(config: Config, game: Game, real: Sample, seed: number) {
    this.config = config;
    this.game = game;
    this.real = real;
    this.#seed = seed;
  }

  /** @throws UsageError as a training would */
  static async create(options: TinyOptions): Promise<TinyGame> {
    const { data, batch = 4, seed = 1, dtype = "float64" } = options;
    const config = await validateConfig({
      recipe: "test",
      data: {},
      net: options.net,
      conditional: options.conditional ?? false,
      terms: options.terms,
      optimizers: options.optimizers ?? { default: { kind: "adam" } },
      schedule: options.schedule ?? {},
      batch,
      seed,
      precision: options.precision ?? "float32",
    });
    const game = await composeGame(config, data, {
      prior: new TestPrior(config.net.prior as PriorOptions, dtype, options.latents),
      prepare: (network) => network.to({ dtype }),
    });
    const real = scope(() => {
      const generator = new RandomGenerator(seed + 1);
      const image = keep(
        torch
          .rand([batch, ...data.shape], { generator, dtype })
          .mul(2)
          .sub(1),
      );
      if (data.classes === undefined) return { image };
      const { classes } = data;
      const label = BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % classes));
      return { image, label: keep(torch.fromTypedArray(label)) };
    });
    return new TinyGame(config, game, real, seed);
  }

  /** What a step is given; the same random state each time for the same `seed`. */
  options(over: Partial<PlayOptions> & { seed?: number } = {}): Omit<PlayOptions, "updating"> {
    const { seed = this.#seed + 2, ...rest } = over;
    return {
      iteration: this.#steps,
      steps: this.config.steps,
      batch: this.config.batch,
      random: new RandomGenerator(seed),
      device: "cpu",
      logging: true,
      real: (part) => partOf(this.real, part),
      ...rest,
    };
  }

  /** A play in which `updating` update. Plays of the same seed draw the same numbers. */
  play(updating: readonly string[], over: Partial<PlayOptions> & { seed?: number } = {}): Play {
    const phase = this.game.phases.find(({ name }) => name === this.phase);
    const within = phase === undefined ? {} : { phase };
    return new Play(this.game, { ...within, ...this.options(over), updating: new Set(updating) });
  }

  /**
   * One step of a phase, by name or itself.
   * @returns losses by `player/term`, and every scalar reported
   */
  step(phase: string | Phase, over: Partial<PlayOptions> & { seed?: number } = {}): Map<string, number> {
    const found = typeof phase === "string" ? this.game.phases.find(({ name }) => name === phase) : phase;
    if (found === undefined) throw new Error(`the game has no phase '${String(phase)}'`);
    return scope(() => {
      const { play, losses } = this.game.step(found, this.options(over));
      const scalars = [...losses, ...play.scalars];
      return new Map(
        scalars.map(([name, value]) => [name, typeof value === "number" ? value : value.item()]),
      );
    });
  }

  /** Whole iterations, each with other random numbers. */
  iterate(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#steps++;
      for (const phase of this.game.phases)
        for (let j = 0; j < phase.steps; j++)
          this.step(phase, {
            seed: this.#seed + 1000 * this.#steps + j,
            batch: phase.batch ?? this.config.batch,
            logging: false,
          });
    }
  }

  /** Runs `body` and gives every buffer (batch statistics, singular vectors) the value it had before. */
  undisturbed<T>(body: () => T): T {
    const buffers = [...this.game.players.values()].flatMap(({ network }) => network.buffers());
    return scope(() => {
      const before = buffers.map((buffer) => buffer.clone());
      try {
        return body();
      } finally {
        for (const [i, buffer] of buffers.entries()) buffer.assign(before[i] as Tensor);
      }
    });
  }

  /** The sum of what a team minimises, `around` hooks included; the same number each time. Changes no buffer. */
  lossOf(team: readonly string[]): number {
    return this.undisturbed(() => {
      manualSeed(this.#seed + 3);
      const total = totalLoss(this.game.evaluate(team, this.play(team)));
      return total === undefined ? 0 : total.item();
    });
  }

  /** The gradient of lossOf(team) by the parameters of `players`; undefined where there is none. */
  gradientsOf(team: readonly string[], players = team): (Tensor | undefined)[] {
    return this.undisturbed(() => {
      manualSeed(this.#seed + 3);
      const total = totalLoss(this.game.evaluate(team, this.play(team)));
      const parameters = players.flatMap((name) => this.parameters(name));
      if (total === undefined) return parameters.map(() => undefined);
      return grad(total, parameters, { allowUnused: true });
    });
  }

  parameters(player: string): nn.Parameter[] {
    return this.game.network(player).parameters();
  }

  /** Every parameter and buffer of every network (or one player's), as numbers. */
  weights(player?: string): number[] {
    const players = [...this.game.players.values()].filter(({ name }) => name === (player ?? name));
    return players.flatMap(({ network }) =>
      [...network.stateDict().values()].flatMap((tensor) => tensor.toNumbers()),
    );
  }

  /**
   * Makes layers with spectral norm keep their singular vectors, batch norms still in training. The gradient holds the
   * vectors constant by definition (Miyato et al. 2018, equation 12), so finite differences must too.
   */
  freezeSingularVectors(): this {
    for (const { network } of this.game.players.values())
      for (const [, module] of network.namedModules())
        if (module instanceof nn.WeightLayer && module.weightU !== undefined) module.training = false;
    return this;
  }

  dispose(): void {
    this.game.dispose();
    this.real.image.dispose();
    this.real.label?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A head that is D's: a step of G learns from it and leaves it as it is, a step of D moves it. Changes the networks. */
export function checkOnlyJudgeMovesHead(tiny: TinyGame, name: string): void {
  const head = () =>
    tiny.game
      .network<Discriminator>("discriminator")
      .head(name)
      .parameters()
      .flatMap((parameter) => parameter.toNumbers());
  const [before, generator] = [head(), tiny.weights("generator")];
  tiny.step("generator");
  assert.deepEqual(head(), before);
  assert.notDeepEqual(tiny.weights("generator"), generator, "the adversarial loss weighs nothing here");
  tiny.step("discriminator");
  assert.notDeepEqual(head(), before);
}

/**
 * Compares the gradient of what a team minimises to central differences, at up to `perParameter` places of each
 * parameter of `players` (default the team).
 */
export function checkLossGradient(
  tiny: TinyGame,
  team: readonly string[],
  options: { players?: readonly string[]; perParameter?: number; step?: number; tolerance?: number } = {},
): void {
  const { players = team, perParameter = 2, step = 1e-6, tolerance = 1e-6 } = options;
  const named = players.flatMap((name) =>
    tiny.game
      .network(name)
      .namedParameters()
      .map(([key, parameter]) => [`${name}.${key}`, parameter] as const),
  );
  const analytic = scope(() => tiny.gradientsOf(team, players).map((gradient) => gradient?.toNumbers()));
  let checked = 0;
  for (const [i, [name, parameter]] of named.entries()) {
    const base = Float64Array.from(parameter.toNumbers());
    const write = (values: Float64Array) =>
      scope(() => noGrad(() => parameter.copy_(torch.tensor(values, { shape: parameter.shape }))));
    const count = Math.min(perParameter, base.length);
    for (let n = 0; n < count; n++) {
      const place = Math.floor(((n + 0.5) * base.length) / count);
      const at = (offset: number) => {
        const moved = Float64Array.from(base);
        moved[place] = (moved[place] as number) + offset;
        write(moved);
        return tiny.lossOf(team);
      };
      const numeric = (at(step) - at(-step)) / (2 * step);
      write(base);
      assertClose([analytic[i]?.[place] ?? 0], [numeric], tolerance, `${name}[${place}]`);
      checked++;
    }
  }
  assert.ok(checked > 0, "no parameter to check");
}
