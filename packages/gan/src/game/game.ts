import { autocast, type nn, type optim, type Tensor, torch } from "@gantry/torch";
import { RunError } from "../errors.js";
import { type GradientRule, gradientOfSum, type Losses } from "./gradient.js";
import type { Phase, Plan, Role, Stream, View } from "./plan.js";
import { Play, type PlayOptions } from "./play.js";
import type { Sample } from "./sample.js";
import { isSplit, type Split, type Term } from "./term.js";

/** A network and what updates it. */
export interface Player {
  readonly name: string;
  readonly role: Role;
  readonly network: nn.Module;
  readonly optimizer: optim.Optimizer;
}

export type OptimizerFactory = (player: string, parameters: readonly nn.Parameter[]) => optim.Optimizer;

export interface GameOptions {
  /** Makes a player's optimizer, after every term attached its heads. */
  readonly optimizer: OptimizerFactory;
  /** Called with each network once its heads are attached: moves it to its device. */
  readonly prepare?: (network: nn.Module) => void;
  /** Arithmetic of networks and losses. Default float32. */
  readonly precision?: "float32" | "bfloat16";
}

/** `fake`: G(z), with a uniformly drawn label where the generator is conditional. */
const fake: Stream = {
  dependsOn: ["generator"],
  sample(play) {
    const generator = play.generator();
    const { batch, random, device } = play.options;
    const latent = generator.prior.sample(batch, random, device);
    if (generator.classes === undefined) return { image: generator.forward(latent), latent };
    const label = torch.randint(0, generator.classes, [batch], { generator: random, dtype: "int64", device });
    return { image: generator.forward(latent, label), latent, label };
  },
};

const real: Stream = { dependsOn: [], sample: (play) => play.options.real() };

/**
 * Players, streams, terms and a schedule: one contract for every GAN. Built from a Plan that the terms have shaped.
 */
export class Game {
  readonly players: ReadonlyMap<string, Player>;
  readonly terms: ReadonlyMap<string, Term>;
  readonly phases: readonly Phase[];
  readonly precision: "float32" | "bfloat16";
  readonly #networks = new Map<string, nn.Module>();
  readonly #streams: ReadonlyMap<string, Stream>;
  readonly #views: ReadonlyMap<string, readonly View[]>;
  readonly #rules: ReadonlyMap<string, GradientRule>;

  /**
   * @param plan the composition; every term's `plan` is called here
   * @param terms by the name of their instance, in order
   * @throws UsageError where a term refuses the composition
   */
  constructor(plan: Plan, terms: ReadonlyMap<string, Term>, options: GameOptions) {
    this.terms = terms;
    this.precision = options.precision ?? "float32";
    for (const term of terms.values()) term.plan?.(plan);
    this.phases = plan.phases;
    this.#streams = new Map([["real", real], ["fake", fake], ...plan.streams]);
    this.#views = plan.views;
    this.#rules = plan.rules;
    for (const [name, player] of plan.players) this.#networks.set(name, player.make());
    for (const term of terms.values()) term.attach?.(this);
    const players = new Map<string, Player>();
    for (const [name, { role }] of plan.players) {
      const network = this.network(name);
      options.prepare?.(network);
      players.set(name, { name, role, network, optimizer: options.optimizer(name, network.parameters()) });
    }
    this.players = players;
  }

  /** A player's network. @throws Error when there is no such player: a mistake of the term's */
  network<T extends nn.Module>(player: string): T {
    const network = this.#networks.get(player);
    if (network === undefined) throw new Error(`the game has no player '${player}'`);
    return network as T;
  }

  has(player: string): boolean {
    return this.#networks.has(player);
  }

  stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`the game has no stream '${name}'`);
    return stream;
  }

  views(discriminator: string): readonly View[] {
    return this.#views.get(discriminator) ?? [];
  }

  /**
   * What the members of a team minimise in this step, and the value of each term's part.
   * A tensor that several members name is counted once.
   */
  losses(team: readonly string[], play: Play): Losses & { byTerm: Map<string, Tensor> } {
    const wholes = new Set<Tensor>();
    const splits = new Set<Split>();
    const byTerm = new Map<string, Tensor>();
    for (const player of team) {
      for (const [name, term] of this.terms) {
        const loss = term.loss?.(player, play);
        if (loss === undefined) continue;
        if (isSplit(loss)) splits.add(loss);
        else wholes.add(loss);
        const whole = isSplit(loss) ? loss.real.detach().add(loss.fake.detach()) : loss.detach();
        byTerm.set(`${player}/${name}`, whole);
      }
    }
    return { wholes: [...wholes], splits: [...splits], byTerm };
  }

  /** losses() as a step computes them: inside the terms' `around` hooks and in the game's precision. */
  evaluate(team: readonly string[], play: Play): Losses & { byTerm: Map<string, Tensor> } {
    return this.#surrounded(team, play, (p) => this.losses(team, p));
  }

  #surrounded<T>(team: readonly string[], play: Play, body: (play: Play) => T): T {
    let run = (p: Play): T => autocast(this.precision, () => body(p), p.options.device);
    for (const term of this.terms.values()) {
      for (const player of team) {
        const { around } = term;
        if (around === undefined) continue;
        const inner = run;
        run = (p) => around.call(term, player, p, inner as (play: Play) => unknown) as T;
      }
    }
    return run(play);
  }

  /**
   * One step of one phase: every team's losses, then every gradient, then every update, so that teams that update
   * together all look at the same parameters.
   * @returns the value of each term for each player, as `player/term`
   * @throws RunError when a loss is not finite, naming the term and the iteration
   */
  step(phase: Phase, options: Omit<PlayOptions, "updating">): { play: Play; losses: Map<string, Tensor> } {
    const teams = phase.update.map((team) => (typeof team === "string" ? [team] : team));
    const play = new Play(this, { ...options, updating: new Set(teams.flat()) });
    const all = new Map<string, Tensor>();
    const evaluated = teams.map((team) => {
      const losses = this.evaluate(team, play);
      for (const [name, value] of losses.byTerm) all.set(name, value);
      return losses;
    });
    // Reading a number waits for the device: off the processor it is done only where numbers are wanted anyway.
    if (options.device === "cpu" || options.logging) this.#requireFinite(all, options.iteration);
    const gradients = teams.map((team, i) => {
      const parameters = team.flatMap((name) => this.players.get(name)?.optimizer.parameters ?? []);
      const rule = this.#rules.get(team[0] ?? "") ?? gradientOfSum;
      return rule(evaluated[i] as Losses, parameters, play, i < teams.length - 1);
    });
    teams.forEach((team, i) => {
      let offset = 0;
      for (const name of team) {
        const optimizer = this.players.get(name)?.optimizer;
        if (optimizer === undefined) continue;
        const end = offset + optimizer.parameters.length;
        optimizer.step((gradients[i] ?? []).slice(offset, end));
        offset = end;
      }
    });
    for (const name of teams.flat()) for (const term of this.terms.values()) term.afterUpdate?.(name, play);
    return { play, losses: all };
  }

  #requireFinite(losses: Map<string, Tensor>, iteration: number): void {
    for (const [name, value] of losses) {
      const number = value.item();
      if (Number.isFinite(number)) continue;
      const [player, term] = name.split("/");
      throw new RunError(
        `iteration ${iteration}: the term '${term}' of the ${player} is ${number}; lower the learning rate, or resume from the last checkpoint with other settings`,
      );
    }
  }

  /** Puts every network in training or evaluation mode. */
  train(mode: boolean): void {
    for (const network of this.#networks.values()) network.train(mode);
  }

  /** Samples a stream outside of training, without a graph. */
  draw(stream: string, options: Omit<PlayOptions, "updating">): Sample {
    return new Play(this, { ...options, updating: new Set() }).stream(stream);
  }
}
