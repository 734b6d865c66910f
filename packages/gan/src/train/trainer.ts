import {
  activeProfile,
  type Device,
  defaultDtype,
  defaultGenerator,
  distributed,
  noGrad,
  OpenScope,
  RandomGenerator,
  scope,
  type Tensor,
  TorchError,
  timed,
  torch,
} from "@gantry/torch";
import { amount } from "../core/base/amount.js";
import { UsageError } from "../core/base/errors.js";
import { type Clock, everyIterations, iterationsOf, type Pace, valueAt } from "../core/base/schedule.js";
import { buildGame } from "../core/config/build.js";
import { openConfiguredData } from "../core/config/data.js";
import { fittingBatch } from "../core/config/fit.js";
import { measureKernels } from "../core/config/kernelChoices.js";
import { scheduleOptimizer } from "../core/config/optimizers.js";
import type { Config } from "../core/config/schema.js";
import { type Batch, createLoader, type DataContext, type Dataset, type Loader } from "../core/data/index.js";
import type { Game } from "../core/game/game.js";
import type { BatchPart, Phase, Play } from "../core/game/play.js";
import { type Sample, shapeOf } from "../core/nets/sample.js";
import type { TrainerState } from "../core/run/checkpoints.js";
import { rowClasses } from "../core/sample/classes.js";
import { randomState, trainingRandom } from "../core/state/random.js";
import { WeightAverage } from "./averaging.js";
import { paceOf } from "./pace.js";
import { requireShares } from "./ranks/shares.js";

/** What one iteration did. */
export interface StepReport {
  /** Iterations done, this one included. */
  readonly iteration: number;
  /** Iterations planned. */
  readonly steps: number;
  /** Real images the discriminator has seen since the beginning. */
  readonly imagesSeen: number;
  /** Times through the data set, completed. */
  readonly epoch: number;
  /** Wall time of this iteration. */
  readonly seconds: number;
  /** Every scalar, on the iterations that are logged: losses as `player/term`, and what terms report. */
  readonly scalars: Readonly<Record<string, number>> | undefined;
}

/** Latents of the sample grids come from a generator of their own, so that looking changes nothing. */
const SAMPLE_SEED_OFFSET = 0x5a3d;
/**
 * Trains one game on one data set. `run()` yields a report an iteration; between two reports the trainer may be
 * sampled, saved, or left.
 */
export class Trainer {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly game: Game;
  /** The averaged generator, if the configuration asks for one. */
  readonly average: WeightAverage | undefined;
  readonly random: RandomGenerator;
  #loader: Loader;
  #iteration = 0;
  #imagesSeen = 0;
  #epoch = 0;
  /** What the loader gave for the step at hand; several where networks that are still small take larger batches. */
  #batches: readonly Batch[] = [];
  #batchUsed = false;
  /** How many times the configured batch this iteration's is. */
  #factor = 1;
  /** Players that a term gave something to minimise; until the first iteration is over. */
  #taught: Set<string> | undefined = new Set();
  readonly #pace: Pace;
  readonly #logEvery: number;
  readonly #closing: (() => Promise<void>)[] = [];

  private constructor(config: Config, dataset: Dataset, game: Game) {
    this.config = config;
    this.dataset = dataset;
    this.game = game;
    this.random = trainingRandom(config);
    this.average =
      config.average === null
        ? undefined
        : new WeightAverage(game.network("generator"), config.average.statistics);
    this.#loader = createLoader({ dataset, batch: config.batch, seed: config.seed });
    this.#pace = paceOf(config, dataset.count);
    this.#logEvery = everyIterations(config.intervals.log, this.#pace);
  }

  /** @throws UsageError, FormatError: everything that can be refused is refused here */
  static async create(config: Config, context?: Partial<DataContext>, opened?: Dataset): Promise<Trainer> {
    const dataset = opened ?? (await openConfiguredData(config, context));
    if (config.batch > dataset.count)
      throw new UsageError(
        `a batch of ${config.batch} is larger than the data set ${dataset.name} (${amount(dataset.count, "items")}); give --batch ${fittingBatch(dataset.count)}`,
      );
    if (config.device === "cpu") measureKernels();
    const game = await buildGame(config, shapeOf(dataset));
    requireShares(config, game);
    const { accumulate } = config.schedule;
    const inParts = accumulate > 1 ? game.coupled : [];
    if (inParts.length > 0)
      context?.onNotice?.(
        `schedule.accumulate=${accumulate}: not the same as a whole batch of ${config.batch}, since ${inParts.length === 1 ? "this sees" : "these see"} parts of ${config.batch / accumulate}: ${inParts.join(", ")}`,
      );
    return new Trainer(config, dataset, game);
  }

  get iteration(): number {
    return this.#iteration;
  }

  get imagesSeen(): number {
    return this.#imagesSeen;
  }

  /** Iterations up to `until` (default all that are planned), each a turn of the whole schedule. */
  async *run(until = this.config.steps): AsyncGenerator<StepReport, void, void> {
    this.game.train(true);
    while (this.#iteration < until) {
      const started = performance.now();
      activeProfile()?.beginFrame();
      const scalars = await this.#turn().catch((error: Error) => {
        throw this.#explain(distributed.ofRanks(error));
      });
      activeProfile()?.endFrame();
      yield {
        iteration: this.#iteration,
        steps: this.config.steps,
        imagesSeen: this.#imagesSeen,
        epoch: this.#epoch,
        seconds: (performance.now() - started) / 1000,
        scalars,
      };
    }
  }

  /**
   * One step of one phase alone, on a batch of its own, to look at what it does. No iteration is counted: the training is no
   * longer the one that its configuration tells of.
   * @throws UsageError for a phase that the game does not have
   */
  async playPhase(name: string): Promise<void> {
    const phase = this.game.phases.find((each) => each.name === name);
    if (phase === undefined)
      throw new UsageError(
        `there is no phase '${name}'; there are: ${this.game.phases.map((each) => each.name).join(", ")}`,
      );
    this.game.train(true);
    await this.#nextBatch();
    scope(
      () => void this.game.step(phase, { ...this.#playOptions(phase, false), ahead: undefined }, undefined),
    );
    this.#batches = [];
  }

  /** A batch of which a layer has nothing to normalise over is a mistake in the settings. */
  #explain(error: Error): Error {
    if (!(error instanceof TorchError) || !/needs more than one value a channel/.test(error.message))
      return error;
    const { batch, schedule } = this.config;
    const { generatorBatch, accumulate } = schedule;
    if (accumulate > 1)
      return new UsageError(
        `schedule.accumulate=${accumulate} leaves a batch norm one value to normalise in each part of a batch of ${batch}; accumulate less, or give --batch ${2 * batch}`,
        { cause: error },
      );
    const isGenerator = generatorBatch !== null && generatorBatch < batch;
    return new UsageError(
      isGenerator
        ? `schedule.generatorBatch=${generatorBatch} leaves a batch norm one value to normalise; give --set schedule.generatorBatch=${2 * generatorBatch}`
        : `a batch of ${batch} leaves a batch norm one value to normalise; give --batch ${2 * batch}`,
      { cause: error },
    );
  }

  async #turn(): Promise<Record<string, number> | undefined> {
    const { game, config } = this;
    const iteration = this.#iteration;
    const done = iteration + 1;
    const logging = done === 1 || done % this.#logEvery === 0 || done === config.steps;
    const scalars: Record<string, number> = {};
    this.#factor = game.batchFactor(this.#imagesSeen);
    // The first batch comes before anything else, so that what counts in epochs knows where it stands.
    await this.#nextBatch();
    const clock = this.#clock();
    for (const { name, optimizer } of game.players.values())
      scheduleOptimizer(config.optimizers, name, optimizer, clock);
    for (const group of this.#groups(clock)) {
      if (group[0]?.real === "fresh" && this.#batchUsed) await this.#nextBatch();
      await this.#play(group, logging, scalars);
    }
    this.#requireTaught();
    this.#epoch = this.#batches.at(-1)?.epoch ?? this.#epoch;
    // A batch never outlives its iteration, so that a checkpoint needs none.
    this.#batches = [];
    const { average } = this;
    if (average !== undefined) timed("phase", "average", () => average.update(this.#averageDecay(clock)));
    this.#iteration++;
    return logging ? scalars : undefined;
  }

  /** Steps that share their samples. */
  async #play(group: readonly Phase[], logging: boolean, scalars: Record<string, number>): Promise<void> {
    const { game, config } = this;
    const workspace = new OpenScope();
    let before: Play | undefined;
    try {
      for (const [i, phase] of group.entries()) {
        const following = group[i + 1];
        const ahead = following === undefined ? undefined : new Set(following.update.flat());
        const options = { ...this.#playOptions(phase, logging), ahead };
        const step = () => game.step(phase, options, before);
        const { play, losses } = await timed("phase", phase.name, () =>
          distributed.size() === 1
            ? workspace.run(step)
            : this.#stepTogether(workspace, phase, options, before),
        );
        before = play;
        for (const loss of losses.keys()) this.#taught?.add(loss.slice(0, loss.indexOf("/")));
        if (logging)
          timed("part", "read scalars", () =>
            workspace.run(() => readScalars([...losses, ...play.scalars], scalars)),
          );
        if (this.#batchUsed && judgesReal(phase, game)) this.#imagesSeen += config.batch * this.#factor;
      }
    } finally {
      workspace.close();
    }
  }

  /** A step of several processes: what it learns of their rows is added up while Node's loop goes on. */
  async #stepTogether(
    workspace: OpenScope,
    phase: Phase,
    options: Parameters<Game["begin"]>[1],
    before: Play | undefined,
  ) {
    const pending = workspace.run(() => this.game.begin(phase, options, before));
    await timed("part", "all-reduce", async () => pending.shared?.reduce());
    return workspace.run(() => this.game.finish(pending));
  }

  /** @throws UsageError for players that no term teaches: hours would pass, and they would be what they were */
  #requireTaught(): void {
    const taught = this.#taught;
    if (taught === undefined) return;
    this.#taught = undefined;
    const teams = this.game.phases.flatMap(({ update }) => update.map((team) => [team].flat()));
    const idle = teams.find((team) => !team.some((name) => taught.has(name)));
    if (idle === undefined) return;
    const names = Object.keys(this.config.terms);
    throw new UsageError(
      `the ${idle.join(" and ")} would learn nothing: ${names.length === 0 ? "there are no terms" : `of the terms (${names.join(", ")}) none gives a loss for it`}; add one that does, as --with non-saturating`,
    );
  }

  /**
   * The steps of one iteration, in groups that share their samples: each alone, unless the schedule lets a phase look at
   * the samples of the step before it. A phase that comes again in the same iteration begins a group.
   */
  #groups(clock: Clock): Phase[][] {
    const groups: Phase[][] = [];
    for (const phase of this.game.phases) {
      const share = this.config.schedule.shareSamples && phase.real === "same";
      for (let step = 0; step < this.#stepsOf(phase, clock); step++) {
        const last = groups.at(-1);
        const comesAgain = last?.some(({ name }) => name === phase.name);
        if (share && step === 0 && last !== undefined && !comesAgain) last.push(phase);
        else groups.push([phase]);
      }
    }
    return groups;
  }

  #playOptions(phase: Phase, logging: boolean) {
    const { config } = this;
    return {
      ...this.#clock(),
      batch: ((phase.batch ?? config.batch) * this.#factor) / distributed.size(),
      random: this.random,
      device: config.device as Device,
      logging,
      real: (part?: BatchPart): Sample => {
        this.#batchUsed = true;
        // Of a batch that is joined from several, each process's rows are of the whole.
        const isJoined = this.#batches.length > 1;
        const own = this.#batches.map((batch) =>
          toSample(partOf(batch, isJoined ? part : ofRank(part)), config.device as Device),
        );
        const sample = joinSamples(own);
        return isJoined ? rowsOfRank(sample) : sample;
      },
    };
  }

  #stepsOf(phase: Phase, clock: Clock): number {
    const { discriminatorSteps } = this.config.schedule;
    if (phase.name !== "discriminator" || typeof discriminatorSteps === "number") return phase.steps;
    return Math.max(1, Math.round(valueAt(discriminatorSteps, clock)));
  }

  async #nextBatch(): Promise<void> {
    const batches: Batch[] = [];
    while (batches.length < this.#factor) {
      const next = timed("data", "wait for a batch", () => this.#loader.next());
      batches.push(next instanceof Promise ? await next : next);
    }
    this.#batches = batches;
    this.#batchUsed = false;
  }

  /** Where the training stands, for schedules. */
  #clock(): Clock {
    const batch = this.#batches.at(-1);
    return {
      iteration: this.#iteration,
      steps: this.config.steps,
      epoch: batch === undefined ? this.#epoch : batch.epoch + batch.progress,
      images: this.#imagesSeen,
    };
  }

  /** What this iteration keeps of the average: with a half-life, half of it is left after so long. */
  #averageDecay(clock: Clock): number {
    const { decay, halfLife } = this.config.average ?? { decay: 0, halfLife: null };
    return halfLife === null
      ? valueAt(decay, clock)
      : 0.5 ** (this.#factor / iterationsOf(halfLife, this.#pace));
  }

  /**
   * Generated samples, in evaluation mode, without touching the training's random state.
   * @param options latents: given ones (N,L); else `count` drawn with `seed`. weights: default the average where there is one
   * @returns N,C,H,W in [-1, 1] or N,D on the CPU, owned by the caller
   */
  generate(options: { count: number; seed?: number; latents?: Tensor; weights?: "average" | "raw" }): Tensor {
    const generator = this.game.network<import("../core/nets/contract.js").Generator>("generator");
    const seed = options.seed ?? this.config.seed + SAMPLE_SEED_OFFSET;
    const draw = () =>
      noGrad(() =>
        scope(() => {
          const device = this.config.device as Device;
          const latents =
            options.latents ?? generator.prior.sample(options.count, new RandomGenerator(seed, "cpu"));
          const parts: Tensor[] = [];
          const size = this.config.batch / this.game.parts;
          for (let from = 0; from < options.count; from += size) {
            const part = latents.narrow(0, from, Math.min(size, options.count - from)).to({ device });
            const label =
              generator.classes === undefined
                ? undefined
                : rowLabels(from, part.size(0), generator.classes, device);
            parts.push(generator.forward(part, label));
          }
          return torch.cat(parts, 0).to({ device: "cpu" });
        }),
      );
    generator.train(false);
    try {
      const averaged = this.average !== undefined && options.weights !== "raw";
      return averaged ? (this.average as WeightAverage).apply(draw) : draw();
    } finally {
      generator.train(true);
    }
  }

  state(): TrainerState {
    return {
      iteration: this.#iteration,
      imagesSeen: this.#imagesSeen,
      loader: this.#loader.state(),
      ...randomState(this.config, this.random),
    };
  }

  /**
   * Continues from a state. Networks and optimizers are loaded beside it (checkpoint.ts).
   * @param data `other`: the data set is not the one the state tells of, and is gone through from its beginning
   * @throws UsageError for other data
   */
  async restore(state: TrainerState, data: "same" | "other" = "same"): Promise<void> {
    await this.#loader.close();
    const { loader } = state;
    const begun = loader === null ? undefined : { ...loader, position: 0, dataset: this.dataset.digest };
    this.#loader = createLoader({
      dataset: this.dataset,
      batch: this.config.batch,
      seed: loader?.seed ?? this.config.seed,
      state: data === "same" ? (loader ?? undefined) : begun,
    });
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
    this.random.setState(bytes(state.random));
    defaultGenerator(this.config.device as Device).setState(bytes(state.defaultRandom));
    if (state.processorRandom !== undefined) defaultGenerator("cpu").setState(bytes(state.processorRandom));
    this.#iteration = state.iteration;
    this.#imagesSeen = state.imagesSeen;
    this.#epoch = state.loader?.epoch ?? 0;
  }

  /** Has something done when it is closed. */
  whenClosed(action: () => Promise<void>): void {
    this.#closing.push(action);
  }

  /** Ends the loader's thread and frees the game. */
  async close(): Promise<void> {
    await this.#loader.close();
    this.average?.dispose();
    this.game.dispose();
    for (const action of this.#closing.splice(0)) await action();
  }
}

/** The place of this process's rows in a batch, or in a part of it. */
function ofRank(part: BatchPart | undefined): Pick<BatchPart, "index" | "count"> {
  const [rank, size] = [distributed.rank(), distributed.size()];
  return { index: (part?.index ?? 0) * size + rank, count: (part?.count ?? 1) * size };
}

/** This process's rows of a sample. */
function rowsOfRank({ image, label, ...others }: Sample): Sample {
  const [rank, size] = [distributed.rank(), distributed.size()];
  const own = (tensor: Tensor) => {
    const count = tensor.size(0) / size;
    return size === 1 ? tensor : tensor.narrow(0, rank * count, count);
  };
  return { ...others, image: own(image), label: label && own(label) };
}

/** Whether a discriminator updates: only then are the reals of a step images seen. */
function judgesReal(phase: Phase, game: Game): boolean {
  return phase.update.flat().some((name) => game.players.get(name)?.role === "discriminator");
}

/** One of equal parts of a batch; without a part, all of it. */
function partOf(batch: Batch, part: Pick<BatchPart, "index" | "count"> | undefined): Batch {
  if (part === undefined || part.count === 1) return batch;
  const { data, labels, shape } = batch;
  const piece = <T extends Uint8Array | Float32Array | Int32Array>(all: T): T => {
    const size = all.length / part.count;
    return all.subarray(part.index * size, (part.index + 1) * size) as T;
  };
  const [count = 0, ...rest] = shape;
  return {
    ...batch,
    data: piece(data),
    shape: [count / part.count, ...rest],
    ...(labels === undefined ? {} : { labels: piece(labels) }),
  };
}

/** A batch as tensors: images to [-1, 1], labels to int64. */
export function toSample(batch: Batch, device: Device): Sample {
  const label =
    batch.labels === undefined
      ? undefined
      : torch.fromTypedArray(batch.labels).toCopy({ dtype: "int64", device });
  const raw = torch.fromTypedArray(batch.data, batch.shape);
  const image =
    batch.data instanceof Uint8Array
      ? raw
          // As bytes, a quarter of what their numbers take.
          .to({ device })
          // Convolutions make what they are given: with channels first, every layer of D would.
          .toCopy({
            dtype: defaultDtype(),
            memoryFormat: batch.shape.length === 4 ? "channelsLast" : undefined,
          })
          .mul_(2 / 255)
          .sub_(1)
      : raw.to({ device, dtype: defaultDtype() });
  return { image, label };
}

/** Samples of several batches, one after the other. */
function joinSamples(samples: readonly Sample[]): Sample {
  const [first, ...rest] = samples as [Sample, ...Sample[]];
  if (rest.length === 0) return first;
  const labels = samples.flatMap(({ label }) => (label === undefined ? [] : [label]));
  return {
    image: torch.cat(
      samples.map(({ image }) => image),
      0,
    ),
    label: labels.length === samples.length ? torch.cat(labels, 0) : undefined,
  };
}

/** Labels of a sample grid: a row of each class after the other. */
function rowLabels(from: number, count: number, classes: number, device: Device): Tensor {
  const labels = rowClasses(from, count, [...Array(classes).keys()]);
  return torch.fromTypedArray(labels).toCopy({ dtype: "int64", device });
}

const EVERYTHING = { rows: true, batchNorm: true };

/** Reads every scalar in one transfer; of several processes the means. */
function readScalars(
  named: readonly (readonly [string, Tensor | number])[],
  into: Record<string, number>,
): void {
  const tensors = named.filter((entry): entry is [string, Tensor] => typeof entry[1] !== "number");
  for (const [name, value] of named) if (typeof value === "number") into[name] = value;
  if (tensors.length === 0) return;
  const own = torch.stack(tensors.map(([, value]) => value.detach().to({ dtype: "float32" }).reshape([])));
  const values = distributed.acrossRanks(EVERYTHING, () => distributed.meanOfRanks(own)).toNumbers();
  tensors.forEach(([name], i) => {
    into[name] = values[i] as number;
  });
}
