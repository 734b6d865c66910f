import { autocast, distributed, nn, type optim, sumOf, Tensor, timed } from "@gantry/torch";
import { DivergedError, UsageError } from "../base/errors.js";
import type { Discriminator } from "../nets/contract.js";
import type { Sample } from "../nets/sample.js";
import { accumulated } from "./accumulation.js";
import { drawLatents, fakeOf } from "./fake.js";
import {
  type GradientRule,
  type GraphOptions,
  gradientOfSum,
  isSplit,
  type Losses,
  type Split,
} from "./gradient.js";
import { ofAllRanks, type Pending, shared } from "./pending.js";
import type { Plan } from "./plan.js";
import { type Contest, type Phase, Play, type PlayOptions, type Stream, type View } from "./play.js";
import type { ComposedGame, Player, Term } from "./term.js";

export type OptimizerFactory = (player: string, parameters: readonly nn.Parameter[]) => optim.Optimizer;

export interface GameOptions {
  /** Makes a player's optimizer, after every term attached its heads. */
  readonly optimizer: OptimizerFactory;
  /** Called with each network once its heads are attached: moves it to its device. */
  readonly prepare?: (network: nn.Module) => void;
  /** Arithmetic of networks and losses. Default float32. */
  readonly precision?: "float32" | "bfloat16";
  /** Losses that come in parts, for the message where a rule needs one. */
  readonly separable?: readonly string[];
  /** Whether discriminators judge the two sides of a contest in one pass; null (default): where nothing but rounding changes. */
  readonly judgeTogether?: boolean | null;
  /** Equal parts in which a step's batch goes through the networks, their gradients added up. Default 1. */
  readonly parts?: number;
  /** What steps of several processes take over the rows of all of them. Default everything. */
  readonly across?: distributed.Across;
}

const real: Stream = { dependsOn: [], sample: ({ options }) => options.real(options.part) };

/**
 * Players, streams, terms and a schedule: one contract for every GAN. Built from a Plan that the terms have shaped.
 */
export class Game implements ComposedGame {
  readonly players: ReadonlyMap<string, Player>;
  readonly terms: ReadonlyMap<string, Term>;
  readonly phases: readonly Phase[];
  /** What adversarial terms that name no streams play. */
  readonly contests: readonly Contest[];
  readonly precision: "float32" | "bfloat16";
  readonly parts: number;
  /** How many times the configured batch an iteration's is, D having seen so many images. */
  readonly batchFactor: (images: number) => number;
  readonly #across: distributed.Across;
  readonly #networks = new Map<string, nn.Module>();
  readonly #streams: ReadonlyMap<string, Stream>;
  readonly #plan: Plan;
  readonly #rules: ReadonlyMap<string, GradientRule>;
  /** Discriminators that judge the two sides of a contest in one pass. */
  readonly #together: ReadonlySet<string>;
  /** Discriminators through which samples of several terms go in one pass. */
  readonly #joining: ReadonlySet<string>;

  /**
   * @param plan the composition; every term's `plan` is called here
   * @param terms by the name of their instance, in order
   * @throws UsageError where a term refuses the composition
   */
  constructor(plan: Plan, terms: ReadonlyMap<string, Term>, options: GameOptions) {
    this.terms = terms;
    this.precision = options.precision ?? "float32";
    this.parts = options.parts ?? 1;
    this.#across = options.across ?? { rows: true, batchNorm: true };
    if (this.parts > 1) this.#requireParts();
    for (const term of terms.values()) term.plan?.(plan);
    plan.settle();
    this.phases = plan.phases;
    this.contests = plan.contests;
    this.batchFactor = plan.batchFactor;
    this.#streams = new Map([["real", real], ["fake", fakeOf(drawLatents)], ...plan.streams]);
    this.#plan = plan;
    this.#rules = plan.rules;
    for (const [name, player] of plan.players) this.#networks.set(name, player.make());
    for (const term of terms.values()) term.attach?.(this);
    for (const term of terms.values()) term.check?.(this);
    for (const player of this.#rules.keys()) this.#requireSplits(player, options.separable ?? ["hinge"]);
    this.#together = this.#judgingTogether(options.judgeTogether ?? null);
    this.#joining = this.#joiningPasses(options.judgeTogether ?? null);
    const players = new Map<string, Player>();
    for (const [name, { role }] of plan.players) {
      const network = this.network(name);
      options.prepare?.(network);
      players.set(name, { name, role, network, optimizer: options.optimizer(name, network.parameters()) });
    }
    this.players = players;
  }

  /** @throws UsageError where a rule weighs the parts of a player's losses, and there is one without parts, or none */
  #requireSplits(player: string, separable: readonly string[]): void {
    const found = [...this.terms].flatMap(([name, term]) => {
      const splits = term.splits?.(player);
      return splits === undefined ? [] : [{ name, splits }];
    });
    const whole = found.filter(({ splits }) => !splits).map(({ name }) => name);
    if (found.length > 0 && whole.length === 0) return;
    const reason =
      whole.length > 0
        ? `${whole.join(" and ")} does not come in parts, as it compares the two`
        : "no loss here comes in parts for it";
    throw new UsageError(
      `adaptive-weights weighs the real and the fake part of what the ${player} minimises, and ${reason}; take a loss that does (${separable.join(", ")}), or leave adaptive-weights out`,
    );
  }

  /** @throws UsageError for terms that must know the whole batch's losses before any gradient */
  #requireParts(): void {
    for (const [name, { around, holds }] of this.terms) {
      if (around === undefined && holds === undefined) continue;
      const reason =
        around === undefined
          ? "holds players by what the whole batch costs them"
          : "looks ahead by updates on the whole batch";
      throw new UsageError(
        `schedule.accumulate=${this.parts}: ${name} ${reason}, which a batch in parts does not have; leave one of the two out`,
      );
    }
  }

  /** Where a batch in parts is not the same as a whole one: what depends on who else is in it, one line each. */
  get coupled(): string[] {
    const named = [...this.#networks].map(([name, network]) => [name, network] as const);
    const normalised = named
      .filter(([, network]) => network.namedModules().some(([, module]) => module instanceof nn.BatchNorm))
      .map(([name]) => name);
    return [
      ...(normalised.length === 0 ? [] : [`batch norm in the ${normalised.join(" and the ")}`]),
      ...named.flatMap(([, network]) =>
        "coupled" in network ? ((network as Discriminator).coupled ?? []) : [],
      ),
      ...[...this.terms.values()].flatMap(({ coupled }) => coupled ?? []),
    ];
  }

  /** Whether a player's gradients are made by a rule of some term's. */
  hasRule(player: string): boolean {
    return this.#rules.has(player);
  }

  /**
   * A player's network.
   * @throws Error when there is no such player: a mistake of the term's
   */
  network<T extends nn.Module>(player: string): T {
    const network = this.#networks.get(player);
    if (network === undefined) throw new Error(`the game has no player '${player}'`);
    return network as T;
  }

  /** @throws Error when there is no such player: a mistake of the term's. Not before every term has attached. */
  player(name: string): Player {
    const player = this.players.get(name);
    if (player === undefined) throw new Error(`the game has no player '${name}'`);
    return player;
  }

  has(player: string): boolean {
    return this.#networks.has(player);
  }

  boundaryOf(discriminator: string): number | undefined {
    const all = [...this.terms.values()].map((term) => term.boundary?.(discriminator));
    const [boundary, ...others] = new Set(all.filter((each) => each !== undefined));
    return others.length === 0 ? (boundary ?? undefined) : undefined;
  }

  choosesFakes(discriminator: string): boolean {
    return this.#plan.choosers.has(discriminator);
  }

  chosenFakes(discriminator: string, scores: Tensor, play: Play): Tensor {
    return this.#plan.choosers.get(discriminator)?.(scores, play) ?? scores;
  }

  hasStream(name: string): boolean {
    return this.#streams.has(name);
  }

  get streamNames(): string[] {
    return [...this.#streams.keys()];
  }

  stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`the game has no stream '${name}'`);
    return stream;
  }

  /**
   * For terms that look at images or points through a discriminator.
   * @throws UsageError where there is no such discriminator, or it judges something else (AAE's judges latents)
   */
  requireJudgeOfData(term: string, discriminator: string): void {
    this.requireDiscriminator(term, discriminator);
    if (!this.#plan.judgesData(discriminator))
      throw new UsageError(
        `${term} looks at images or points through the ${discriminator}, and here that one judges something else (aae has it judge latents); leave ${term} out`,
      );
  }

  /** @throws UsageError where there is no discriminator of this name, on behalf of a term whose options name it */
  requireDiscriminator(term: string, discriminator: string): void {
    const known = [...this.#plan.players].filter(([, { role }]) => role === "discriminator");
    if (known.some(([name]) => name === discriminator)) return;
    throw new UsageError(
      `${term}: there is no discriminator '${discriminator}'; known: ${known.map(([name]) => name).join(", ")}`,
    );
  }

  /** @throws UsageError where there is no stream of this name, on behalf of a term whose options name it */
  requireStream(term: string, stream: string): void {
    if (!this.hasStream(stream))
      throw new UsageError(`${term}: there is no stream '${stream}'; known: ${this.streamNames.join(", ")}`);
  }

  /** The contests that a discriminator judges; of none, the plain game's streams. */
  contestsOf(discriminator: string): readonly Contest[] {
    const own = this.contests.filter((contest) => contest.discriminator === discriminator);
    return own.length > 0 ? own : [{ discriminator, real: "real", fake: "fake", fool: "fake" }];
  }

  /** What the encoder is that some term asked for: the family's, drawing its latents or not; undefined without one. */
  get encoderKind(): "deterministic" | "stochastic" | undefined {
    if (!this.has("encoder")) return undefined;
    return this.#plan.stochasticEncoder ? "stochastic" : "deterministic";
  }

  /** Whether a discriminator judges images along with latents. */
  judgesPairs(discriminator: string): boolean {
    return this.#plan.jointLatent && this.#plan.judgesData(discriminator);
  }

  /** Images of the smallest batch that a discriminator is given, before its views. */
  get smallestBatch(): number {
    return Math.min(this.#plan.batch, this.#plan.generatorBatch);
  }

  /** Samples that one judgement of a discriminator is about: the size of its packs. */
  groupOf(discriminator: string): number {
    return this.views(discriminator).reduce((product, view) => product * (view.group ?? 1), 1);
  }

  /** Whether a discriminator judges the two sides of a contest in one pass. */
  judgesTogether(discriminator: string): boolean {
    return this.#together.has(discriminator);
  }

  /** @see GameOptions.judgeTogether. Not with batch norm: its running statistics would see the batches in another order. */
  joinsPasses(discriminator: string): boolean {
    return this.#joining.has(discriminator);
  }

  #joiningPasses(wish: boolean | null): Set<string> {
    const able = [...this.#plan.players].filter(([name, { role }]) => {
      if (role !== "discriminator" || wish === false) return false;
      const modules = this.network(name).namedModules();
      return !modules.some(([, module]) => module instanceof nn.BatchNorm);
    });
    return new Set(able.map(([name]) => name));
  }

  /**
   * Batch norms take each side for a batch of its own. With spectral norm each pass moves the estimate of the norm; a gradient
   * rule takes the two losses' gradients apart, through a graph for each.
   * @throws UsageError where it is wished for and none can
   */
  #judgingTogether(wish: boolean | null): Set<string> {
    const able = new Set<string>();
    if (wish === false) return able;
    const discriminators = [...this.#plan.players].filter(([, { role }]) => role === "discriminator");
    for (const [name] of discriminators) {
      const network = this.network<Discriminator>(name);
      if (this.#rules.has(name)) continue;
      const modules = network.namedModules().map(([, module]) => module);
      const norms = modules.filter((module) => module instanceof nn.BatchNorm);
      const same = new Set([...network.heads.values(), ...norms].flatMap((module) => module.buffers()));
      if (wish === true || network.buffers().every((buffer) => same.has(buffer))) able.add(name);
    }
    if (wish === true && able.size === 0)
      throw new UsageError(
        "schedule.judgeTogether=true: a discriminator whose gradients a term takes apart judges reals and fakes one after the other; leave it out",
      );
    return able;
  }

  views(discriminator: string): readonly View[] {
    return this.#plan.viewsOf(discriminator);
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
        const loss = timed("term", `${player}/${name}`, () => term.loss?.(player, play));
        if (loss === undefined) continue;
        const parts = isSplit(loss) ? [loss.real, loss.fake] : loss instanceof Tensor ? [loss] : loss;
        if (isSplit(loss)) splits.add(loss);
        else for (const part of parts) wholes.add(part);
        if (parts.length === 0) continue;
        const values = parts.map((part) => part.detach());
        byTerm.set(`${player}/${name}`, sumOf(values));
      }
    }
    return { wholes: [...wholes], splits: [...splits], byTerm };
  }

  /** The gradients of a team's losses by its members' parameters, by the rule of the first. */
  gradients(
    team: readonly string[],
    losses: Losses,
    play: Play,
    graph: GraphOptions = {},
  ): (Tensor | undefined)[] {
    const parameters = team.flatMap((name) => this.players.get(name)?.optimizer.parameters ?? []);
    const rule = this.#rules.get(team[0] ?? "") ?? gradientOfSum;
    const found = rule(losses, parameters, play, graph);
    // Those of an update that is looked ahead by, here and now; others are shared by step().
    if (graph.createGraph !== true) return found;
    return found.map((gradient) => gradient && distributed.meanOfRanks(gradient));
  }

  /** losses() as a step computes them: inside the terms' `around` hooks and in a precision, by default the game's. */
  evaluate(
    team: readonly string[],
    play: Play,
    precision: Game["precision"] = this.precision,
  ): Losses & { byTerm: Map<string, Tensor> } {
    return this.#surrounded(team, play, (p) => this.losses(team, p), precision);
  }

  #surrounded<T>(
    team: readonly string[],
    play: Play,
    body: (play: Play) => T,
    precision: Game["precision"],
  ): T {
    let run = (p: Play): T => autocast(precision, () => body(p), p.options.device);
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
   * together all look at the same parameters. Of one process; of several, begin() and finish().
   * @returns the value of each term for each player, as `player/term`
   * @throws DivergedError when a loss is not finite, naming the term and the iteration
   */
  step(
    phase: Phase,
    options: Omit<PlayOptions, "updating">,
    before?: Play,
  ): { play: Play; losses: Map<string, Tensor> } {
    const pending = this.begin(phase, options, before);
    if (pending.shared !== undefined)
      throw new Error("a step of several processes is begun, shared and finished");
    return this.finish(pending);
  }

  /**
   * A step up to its gradients. Where `shared` is there, it has to be reduced before finish().
   * @throws DivergedError as step()
   */
  begin(phase: Phase, options: Omit<PlayOptions, "updating">, before?: Play): Pending {
    return distributed.acrossRanks(this.#across, () => {
      const teams = phase.update.map((team) => (typeof team === "string" ? [team] : team));
      const full = { ...options, phase, updating: new Set(teams.flat()) };
      const found =
        this.parts > 1 ? this.#beginInParts(teams, full, before) : this.#begin(teams, full, before);
      return { ...found, teams, shared: distributed.size() > 1 ? shared(found) : undefined };
    });
  }

  /**
   * The updates of a step.
   * @throws DivergedError as step()
   */
  finish(pending: Pending): { play: Play; losses: Map<string, Tensor> } {
    return distributed.acrossRanks(this.#across, () => {
      const { play, teams, held } = pending;
      const { losses, gradients } = ofAllRanks(pending);
      if (pending.shared !== undefined) this.#requireFinite(losses, play.iteration + 1);
      this.#update(teams, gradients, play, held);
      return { play, losses };
    });
  }

  #begin(
    teams: readonly (readonly string[])[],
    full: PlayOptions,
    before: Play | undefined,
  ): Pick<Pending, "play" | "losses" | "gradients" | "held"> {
    const play = before?.next(full) ?? new Play(this, full);
    const all = new Map<string, Tensor>();
    const evaluated = timed("part", "losses", () =>
      teams.map((team) => {
        const losses = this.evaluate(team, play);
        for (const [name, value] of losses.byTerm) all.set(name, value);
        return losses;
      }),
    );
    // Reading a number waits for the device: off the processor it is done only where numbers are wanted anyway.
    // Iterations are counted from 0 inside, and from 1 in everything that is shown.
    if (distributed.size() === 1 && (full.device === "cpu" || full.logging))
      timed("part", "check that losses are finite", () => this.#requireFinite(all, full.iteration + 1));
    const held = new Set(
      teams.flat().filter((name) => [...this.terms.values()].some((term) => term.holds?.(name, play))),
    );
    const gradients = timed("part", "gradients", () =>
      teams.map((team, i) => {
        if (team.every((name) => held.has(name))) return [];
        return this.gradients(team, evaluated[i] as Losses, play, { retainGraph: i < teams.length - 1 });
      }),
    );
    return { play, losses: all, gradients, held };
  }

  #beginInParts(
    teams: readonly (readonly string[])[],
    options: PlayOptions,
    before: Play | undefined,
  ): Pick<Pending, "play" | "losses" | "gradients" | "held"> {
    // Streams that stood still in the step before are made anew from the same latents: kept, they would hold every part's graph.
    const drawn = [...(before?.options.part?.drawn ?? [])].filter(
      ([name]) => before !== undefined && !before.isUpdating(this.stream(name).dependsOn),
    );
    const found = timed("part", "losses and gradients", () =>
      accumulated(this, teams, { ...options, ahead: undefined }, this.parts, new Map(drawn)),
    );
    if (distributed.size() === 1 && (options.device === "cpu" || options.logging))
      this.#requireFinite(found.byTerm, options.iteration + 1);
    return { play: found.play, losses: found.byTerm, gradients: found.gradients, held: new Set() };
  }

  #update(
    teams: readonly (readonly string[])[],
    gradients: readonly (readonly (Tensor | undefined)[])[],
    play: Play,
    held: ReadonlySet<string>,
  ): void {
    timed("part", "updates", () =>
      teams.forEach((team, i) => {
        let offset = 0;
        for (const name of team) {
          const optimizer = this.players.get(name)?.optimizer;
          if (optimizer === undefined) continue;
          const end = offset + optimizer.parameters.length;
          if (!held.has(name)) optimizer.step((gradients[i] ?? []).slice(offset, end));
          offset = end;
        }
      }),
    );
    for (const name of teams.flat())
      if (!held.has(name)) for (const term of this.terms.values()) term.afterUpdate?.(name, play);
  }

  #requireFinite(losses: Map<string, Tensor>, iteration: number): void {
    for (const [name, value] of losses) {
      const number = value.item();
      if (Number.isFinite(number)) continue;
      const [player, term] = name.split("/");
      throw new DivergedError(
        `iteration ${iteration}: the term '${term}' of the ${player} is ${number}: the training has diverged; lower the learning rate`,
        iteration,
      );
    }
  }

  /** Puts every network in training or evaluation mode. */
  train(mode: boolean): void {
    for (const network of this.#networks.values()) network.train(mode);
  }

  /** Frees every network, every optimizer's state and what terms keep. The game is over. */
  dispose(): void {
    for (const { network, optimizer } of this.players.values()) {
      optimizer.dispose();
      network.dispose();
    }
    for (const term of this.terms.values()) term.dispose?.();
  }

  /** Samples a stream outside of training, without a graph. */
  draw(stream: string, options: Omit<PlayOptions, "updating">): Sample {
    return new Play(this, { ...options, updating: new Set() }).stream(stream);
  }
}
