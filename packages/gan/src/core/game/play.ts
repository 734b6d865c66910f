import { type Device, nn, noGrad, type RandomGenerator, scope, type Tensor, torch } from "@gantry/torch";
import { type Scheduled, valueAt } from "../base/schedule.js";
import type { Discriminator, Encoder, Encoding, Features, Generator } from "../nets/contract.js";
import type { Sample } from "../nets/sample.js";

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
  /** The same for the length of a latent that is judged along with the image. */
  latentSize?(size: number): number;
  /** Samples that one judgement is about; default 1. */
  readonly group?: number;
  /** Only in front of what adversarial terms judge, not of what heads look at (Play.look). Default false. */
  readonly adversarialOnly?: boolean;
  /** Only in front of discriminators that judge the data, not something of their own (AAE's judges latents). Default false. */
  readonly ofData?: boolean;
  /** Whether it turns images: a task that asks how they lie cannot look through it. Default false. */
  readonly turns?: boolean;
  apply(sample: Sample, play: Play): Sample;
}

/** Who plays whom: what adversarial terms that name no streams set against each other. */
export interface Contest {
  readonly discriminator: string;
  /** The stream it should call real. */
  readonly real: string;
  /** The stream it should call fake. */
  readonly fake: string;
  /** Who plays against it: the makers of the fakes, or of both streams (ALI). */
  readonly fool: "fake" | "both";
  /** Only these of the makers play against it; default all of them. */
  readonly opponents?: readonly string[] | undefined;
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
  /** Latents drawn for the fakes of this phase, whatever the number of reals. Default the plan's batch. */
  readonly batch?: number | undefined;
  /**
   * By discriminator, how much it counts in this phase to be taken for real by it: a factor on what its opponents
   * minimise; 0 for discriminators not named. Default 1 for all.
   */
  readonly against?: Readonly<Record<string, Scheduled>>;
}

/** What a step is played on: networks, streams and views by name, and how each discriminator judges. */
export interface Stage {
  /**
   * A player's network.
   * @throws Error when there is no such player: a mistake of the term's
   */
  network<T extends nn.Module>(player: string): T;
  /** @throws Error when there is no such stream: a mistake of the term's */
  stream(name: string): Stream;
  views(discriminator: string): readonly View[];
  /** Samples that one judgement of a discriminator is about: the size of its packs. */
  groupOf(discriminator: string): number;
  /** Whether a discriminator judges images along with latents. */
  judgesPairs(discriminator: string): boolean;
  /** Whether a discriminator judges the two sides of a contest in one pass. */
  judgesTogether(discriminator: string): boolean;
  /** Of a discriminator's scores of fakes, those from which the makers learn: all, unless a term says otherwise. */
  chosenFakes(discriminator: string, scores: Tensor, play: Play): Tensor;
  /** Whether a term says from which fakes the makers learn. */
  choosesFakes(discriminator: string): boolean;
  /** Whether samples at which several terms ask for a discriminator's slopes go through it in one pass. */
  joinsPasses(discriminator: string): boolean;
}

/** A discriminator's verdict on a sample. */
export interface Judgement {
  /** N raw scores. */
  readonly logits: Tensor;
  readonly features: Features;
  /** What it looked at, after its views. */
  readonly sample: Sample;
}

/** What a discriminator saw, and at what it looked, after its views. */
export type Look = Pick<Judgement, "features" | "sample">;

/** What a stream's samples are drawn by: latents N,L, with labels N where the generator is conditional. */
export interface Drawn {
  readonly latent: Tensor;
  readonly label?: Tensor | undefined;
}

/** One of the equal parts in which a batch goes through the networks. */
export interface BatchPart {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** By stream, what was drawn for the whole batch. */
  readonly drawn: Map<string, Drawn>;
}

export interface PlayOptions {
  readonly iteration: number;
  /** Planned length of the training, for schedules. */
  readonly steps: number;
  /** The phase this is a step of; undefined outside of training. */
  readonly phase?: Phase;
  /** Times through the data, with the part of the present one that is done; default 0. */
  readonly epoch?: number;
  /** Real images that D has seen; default 0. */
  readonly images?: number;
  /** Who updates now. */
  readonly updating: ReadonlySet<string>;
  /** Who updates in the next step, which will look at the same samples: their graph is recorded now already. */
  readonly ahead?: ReadonlySet<string> | undefined;
  /** Latents that a step draws; its reals may be more or fewer. */
  readonly batch: number;
  readonly random: RandomGenerator;
  readonly device: Device;
  /** The step's real batch, or this part of it, made into tensors on first use. */
  readonly real: (part?: BatchPart) => Sample;
  /** Where the batch comes in parts, which one this is; `batch` is then its size. */
  readonly part?: BatchPart | undefined;
  /** Whether scalars are wanted in this step. */
  readonly logging: boolean;
}

/**
 * One step of one phase, as terms see it: streams and judgements, each computed once and on demand. A graph is recorded
 * through a network only if it, or something its input came from, is updating.
 */
export class Play {
  readonly game: Stage;
  readonly options: PlayOptions;
  /** Scalars reported in this step, by `term/name`; read together when the step is logged. */
  readonly scalars: Map<string, Tensor | number>;
  readonly #streams: Map<string, Sample>;
  readonly #detached = new Map<string, Sample>();
  readonly #judgements = new Map<string, Judgement>();
  readonly #looks = new Map<string, Look>();
  readonly #encodings: Map<string, Encoding>;

  constructor(game: Stage, options: PlayOptions, parent?: Play) {
    this.game = game;
    this.options = options;
    this.scalars = parent?.scalars ?? new Map();
    this.#streams = parent === undefined ? new Map() : parent.#streams;
    this.#encodings = parent === undefined ? new Map() : parent.#encodings;
  }

  /** The same streams, judged anew: for looking at other parameters of the discriminators. */
  rejudge(over: Partial<PlayOptions> = {}): Play {
    return new Play(this.game, { ...this.options, ...over }, this);
  }

  get iteration(): number {
    return this.options.iteration;
  }

  /** What an option that may be scheduled is now. */
  at(value: Scheduled): number {
    const { iteration, steps, epoch = 0, images = 0 } = this.options;
    return valueAt(value, { iteration, steps, epoch, images });
  }

  get random(): RandomGenerator {
    return this.options.random;
  }

  /**
   * The next step's play, on the same samples where what they depend on stood still in this step: `options.ahead` of
   * this one said that it comes.
   */
  next(options: PlayOptions): Play {
    const play = new Play(this.game, options);
    for (const [name, sample] of this.#streams)
      if (!this.isUpdating(this.game.stream(name).dependsOn)) play.#streams.set(name, sample);
    for (const [key, encoding] of this.#encodings) {
      const [encoder = "", stream = ""] = key.split(":");
      if (!this.isUpdating([encoder, ...this.game.stream(stream).dependsOn]))
        play.#encodings.set(key, encoding);
    }
    return play;
  }

  isUpdating(players: readonly string[]): boolean {
    return players.some((player) => this.options.updating.has(player));
  }

  /** Whether what comes from these players needs a graph: for this step, or for the next. */
  #records(players: readonly string[]): boolean {
    return this.isUpdating(players) || players.some((player) => this.options.ahead?.has(player) ?? false);
  }

  generator(name = "generator"): Generator {
    return this.game.network<Generator>(name);
  }

  /**
   * What the generator makes of latents [N, L] and, if it is conditional, labels [N]. Like every pass through a network
   * here, in a scope of its own: what the graph does not need is freed as soon as it is done, not at the end of the step.
   */
  generate(latent: Tensor, label?: Tensor): Tensor {
    return scope(() => this.generator().forward(latent, label));
  }

  discriminator(name = "discriminator"): Discriminator {
    return this.game.network<Discriminator>(name);
  }

  encoder(name = "encoder"): Encoder {
    return this.game.network<Encoder>(name);
  }

  /** Samples of a stream; the same ones however often asked within a step. */
  stream(name: string): Sample {
    let sample = this.#streams.get(name);
    if (sample === undefined) {
      const stream = this.game.stream(name);
      sample = this.#records(stream.dependsOn) ? stream.sample(this) : noGrad(() => stream.sample(this));
      this.#streams.set(name, sample);
    }
    if (this.options.ahead === undefined || this.isUpdating(this.game.stream(name).dependsOn)) return sample;
    // Recorded for the next step: this one must not send gradients there.
    let detached = this.#detached.get(name);
    if (detached === undefined) {
      detached = { ...sample, image: sample.image.detach(), latent: sample.latent?.detach() };
      this.#detached.set(name, detached);
    }
    return detached;
  }

  /** The encoder's reading of a stream's images, once a step. */
  encode(stream: string, encoder = "encoder"): Encoding {
    const key = `${encoder}:${stream}`;
    let encoding = this.#encodings.get(key);
    if (encoding === undefined) {
      const { image } = this.stream(stream);
      const network = this.encoder(encoder);
      const graph = this.#records([encoder, ...this.game.stream(stream).dependsOn]);
      const read = () => scope(() => network.forward(image));
      encoding = graph ? read() : noGrad(read);
      this.#encodings.set(key, encoding);
    }
    return encoding;
  }

  /** A discriminator's judgement of a stream, once a step. */
  judge(discriminator: string, stream: string): Judgement {
    const key = `${discriminator}:${stream}`;
    let judgement = this.#judgements.get(key);
    if (judgement === undefined) {
      judgement = this.judgeSample(discriminator, this.stream(stream));
      this.#judgements.set(key, judgement);
    }
    return judgement;
  }

  /**
   * The judgements of two streams: in one pass where the game says that this discriminator judges them together, and they are
   * of one size. Views are applied to each apart: a pack holds samples of one stream only.
   */
  judgeBoth(discriminator: string, streams: readonly [string, string]): [Judgement, Judgement] {
    const keys = streams.map((stream) => `${discriminator}:${stream}`);
    if (this.game.judgesTogether(discriminator) && !keys.some((key) => this.#judgements.has(key))) {
      const [a, b] = [this.stream(streams[0]), this.stream(streams[1])];
      if (a.image.size(0) === b.image.size(0)) {
        const views = this.game.views(discriminator);
        const seen = [a, b].map((sample) => this.#through(views, sample));
        const judgements = judgeTogether(this.discriminator(discriminator), seen);
        for (const [i, key] of keys.entries()) this.#judgements.set(key, judgements[i]!);
      }
    }
    return [this.judge(discriminator, streams[0]), this.judge(discriminator, streams[1])];
  }

  /** A judgement of samples of no stream (interpolated, rotated), through the discriminator's views; never cached. */
  judgeSample(discriminator: string, sample: Sample): Judgement {
    const seen = this.#through(this.game.views(discriminator), sample);
    return { ...pass(this.discriminator(discriminator), seen), sample: seen };
  }

  /**
   * judgeSample() of several samples, in one pass where they are of one size. Each goes through the views before the next
   * is asked for.
   */
  judgeSamples(discriminator: string, samples: Iterable<Sample>): Judgement[] {
    const views = this.game.views(discriminator);
    const seen = Array.from(samples, (sample) => this.#through(views, sample));
    const network = this.discriminator(discriminator);
    const count = seen[0]?.image.size(0);
    if (seen.length > 1 && seen.every(({ image }) => image.size(0) === count))
      return judgeTogether(network, seen);
    return seen.map((sample) => ({ ...pass(network, sample), sample }));
  }

  /** What a discriminator sees of a stream when only heads look: without the views that are for adversarial terms. */
  look(discriminator: string, stream: string): Features {
    return this.lookAt(discriminator, stream).features;
  }

  /** look(), with what it looked at. */
  lookAt(discriminator: string, stream: string): Look {
    const views = this.game.views(discriminator);
    if (!views.some((view) => view.adversarialOnly)) return this.judge(discriminator, stream);
    const key = `${discriminator}:${stream}`;
    let look = this.#looks.get(key);
    if (look === undefined) {
      const plain = views.filter((view) => !view.adversarialOnly);
      const sample = this.#through(plain, this.stream(stream));
      look = { features: scope(() => this.discriminator(discriminator).features(sample)), sample };
      this.#looks.set(key, look);
    }
    return look;
  }

  #through(views: readonly View[], sample: Sample): Sample {
    return views.reduce((seen, view) => view.apply(seen, this), sample);
  }

  /** How much it counts in this phase to be taken for real by a discriminator: a factor, see Phase. */
  against(discriminator: string): number {
    const { against } = this.options.phase ?? {};
    return against === undefined ? 1 : this.at(against[discriminator] ?? 0);
  }

  /** Reports a scalar of this step; only when it is logged is it computed, and all tensors are read together. */
  report(name: string, value: Tensor | number | (() => Tensor | number)): void {
    if (!this.options.logging) return;
    const known = typeof value === "function" ? noGrad(value) : value;
    this.scalars.set(name, typeof known === "number" ? known : known.detach());
  }
}

const pass = (network: Discriminator, sample: Sample): Pick<Judgement, "logits" | "features"> =>
  scope(() => {
    const features = network.features(sample);
    noGrad(() => {
      for (const name of network.headsOfEveryPass) network.head<nn.WeightLayer>(name).effectiveWeight();
    });
    return { logits: network.score(features, sample), features };
  });

/** One pass over all samples, of one size each, one after the other, and what is each one's of it. */
function judgeTogether(network: Discriminator, samples: readonly Sample[]): Judgement[] {
  const joined = (part: "image" | "latent" | "label"): Tensor | undefined => {
    const parts = samples.map((sample) => sample[part]);
    return parts.every((tensor) => tensor !== undefined) ? torch.cat(parts, 0) : undefined;
  };
  const { logits, features } = nn.batchGroups(samples.length, () =>
    pass(network, { image: joined("image") as Tensor, latent: joined("latent"), label: joined("label") }),
  );
  let from = 0;
  return samples.map((sample) => {
    const [start, count] = [from, sample.image.size(0)];
    from += count;
    const own = (whole: Tensor) => whole.narrow(0, start, count);
    // Cut out when a term looks at them: a part that nobody asks for sends no gradient of zeros back.
    const seen: Features = {
      get local() {
        return features.local === undefined ? undefined : own(features.local);
      },
      get global() {
        return own(features.global);
      },
    };
    return { logits: own(logits), features: seen, sample };
  });
}
