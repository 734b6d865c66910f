import type { nn, Tensor } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import { didYouMean } from "../base/nearest.js";
import { validate } from "../base/validate.js";
import { AutoencoderDiscriminator, type ReconstructionError } from "../nets/autoencoder.js";
import type { Discriminator } from "../nets/contract.js";
import type { DiscriminatorRequest, NetFamily } from "../nets/family.js";
import { CodedPrior, type CodeOptions, type Prior } from "../nets/prior.js";
import type { DataShape } from "../nets/sample.js";
import type { GradientRule } from "./gradient.js";
import type { Contest, Phase, Play, Role, Stream, View } from "./play.js";

/** A player before its network exists. */
export interface PlayerPlan {
  readonly role: Role;
  make(): nn.Module;
}

/** The composition while terms may still change it: names and shapes, no networks yet. */
export class Plan {
  readonly data: DataShape;
  #prior: Prior;
  /** Samples that go through the networks at once: where batches come in parts, those of a part. */
  readonly batch: number;
  /** Parts in which a batch goes through the networks. */
  readonly parts: number;
  /** Latents drawn for a step of G, or a part of it; the same as `batch` unless the configuration says otherwise. */
  readonly generatorBatch: number;
  /** Classes the networks are conditioned on; undefined when unconditional. */
  readonly classes: number | undefined;
  readonly players = new Map<string, PlayerPlan>();
  readonly streams = new Map<string, Stream>();
  readonly #last: (() => void)[] = [];
  readonly #views: { discriminator: string | undefined; view: View }[] = [];
  /** How a player's gradients are made from its losses; default: of their sum. */
  readonly rules = new Map<string, GradientRule>();
  /** By discriminator, which scores of its fakes count for their makers. */
  readonly choosers = new Map<string, (scores: Tensor, play: Play) => Tensor>();
  phases: Phase[];
  #contests: readonly Contest[] = [
    { discriminator: "discriminator", real: "real", fake: "fake", fool: "fake" },
  ];
  /** The term that said what is played; undefined while it is the plain game. */
  #contestsOf: string | undefined;
  /** Set by terms whose discriminator judges (image, latent) pairs. */
  jointLatent = false;
  /** Set by the term that has networks begin with small images and grow: the side of these. */
  growing: number | undefined;
  /** How many times `batch` an iteration's is, D having seen so many images: a whole number. */
  batchFactor: (images: number) => number = () => 1;
  /** Whether conditional discriminators are given labels along with what they judge; unset by terms whose D names them. */
  judgesLabels = true;
  #stochasticEncoder = false;
  /** Discriminators of something else than the data. */
  readonly #strangers = new Set<string>();
  readonly #family: NetFamily;
  readonly #families: ReadonlyMap<string, NetFamily>;
  readonly #options: Record<string, unknown>;

  constructor(init: {
    data: DataShape;
    prior: Prior;
    batch: number;
    /** Default 1. */
    parts?: number;
    classes: number | undefined;
    family: NetFamily;
    /** Those that terms may name. Default none. */
    families?: ReadonlyMap<string, NetFamily>;
    familyOptions: Record<string, unknown>;
    discriminatorSteps: number;
    /** Default 1. */
    generatorSteps?: number;
    /** Default `batch`. */
    generatorBatch?: number;
  }) {
    this.data = init.data;
    this.#prior = init.prior;
    this.batch = init.batch;
    this.parts = init.parts ?? 1;
    this.generatorBatch = init.generatorBatch ?? init.batch;
    this.classes = init.classes;
    this.#family = init.family;
    this.#families = init.families ?? new Map();
    this.#options = init.familyOptions;
    if (this.classes !== undefined && !init.family.conditional)
      this.refuse(
        `the ${init.family.name} networks take no labels; set conditional=false, or net.family to one whose networks do, as dcgan or resnet`,
      );
    this.phases = [
      { name: "discriminator", update: ["discriminator"], steps: init.discriminatorSteps, real: "fresh" },
      {
        name: "generator",
        update: ["generator"],
        steps: init.generatorSteps ?? 1,
        real: "same",
        batch: this.generatorBatch * this.parts,
      },
    ];
    this.players.set("generator", {
      role: "generator",
      make: () => this.#family.generator(this.#options, this.#request()),
    });
    this.addDiscriminator("discriminator");
  }

  #request() {
    const { data, prior, classes, growing } = this;
    return { data, prior, classes, growing };
  }

  /**
   * Adds a discriminator, in the place of another of that name.
   * @param options shape: of what it judges, before its views; default the data's, along with a latent where
   * `jointLatent` says so. make: default the family's
   */
  addDiscriminator(
    name: string,
    options: { shape?: readonly number[]; make?: (request: DiscriminatorRequest) => Discriminator } = {},
  ): void {
    if (options.shape === undefined) this.#strangers.delete(name);
    else this.#strangers.add(name);
    this.players.set(name, {
      role: "discriminator",
      make: () => {
        let inputShape = options.shape ?? this.data.shape;
        let latentSize = this.jointLatent && options.shape === undefined ? this.prior.size : 0;
        for (const view of this.viewsOf(name)) {
          inputShape = view.shape?.(inputShape) ?? inputShape;
          latentSize = view.latentSize?.(latentSize) ?? latentSize;
        }
        const classes = this.judgesLabels ? this.classes : undefined;
        const request = { ...this.#request(), classes, inputShape, latentSize };
        return options.make?.(request) ?? this.#family.discriminator(this.#options, request);
      },
    });
  }

  /**
   * Adds a network that looks at data and learns nothing, as player `name`: a family's discriminator by that family's own
   * defaults. It is trained by nobody here, and its weights are in the checkpoints.
   * @throws UsageError where there is no such family, or it is not for this data
   */
  addOnlooker(name: string, familyName: string): void {
    const family = this.#families.get(familyName);
    if (family === undefined) {
      const known = [...this.#families.keys()];
      this.refuse(
        `${name}: there is no network family '${familyName}'${didYouMean(familyName, known)}; known: ${known.join(", ")}; one of your own comes by --import FILE`,
      );
    }
    const options = validate(family.options, {}, `net of ${familyName}`);
    const { shape } = this.data;
    const data = { ...this.data, classes: undefined };
    const objection = family.check(options, data);
    if (objection !== undefined) this.refuse(`${name}: ${objection}`);
    this.players.set(name, {
      role: "classifier",
      make: () =>
        family.discriminator(options, {
          data,
          prior: this.prior,
          classes: undefined,
          inputShape: shape,
          latentSize: 0,
        }),
    });
  }

  /**
   * Makes a discriminator one that judges by how well it reconstructs, once every term has planned.
   * @param term on whose behalf
   * @throws UsageError where the family has no autoencoder, or D is asked to judge what one cannot
   */
  autoencode(term: string, name: string, options: { code: number; error: ReconstructionError }): void {
    const { autoencoder } = this.#family;
    if (autoencoder === undefined)
      this.refuse(
        `${term} needs a D that is an autoencoder, and the ${this.#family.name} networks have none; take dcgan, began or mlp`,
      );
    if (!this.judgesData(name))
      this.refuse(
        `${term}: the ${name} judges something else than images or points (aae has it judge latents), and its autoencoder reconstructs those; leave one out`,
      );
    if (this.jointLatent)
      this.refuse(
        `${term}: an autoencoder reconstructs images, and here D judges pairs of image and latent (ali, veegan); leave one out`,
      );
    if (this.classes !== undefined && this.judgesLabels)
      this.refuse(
        `${term}: an autoencoder sees no labels, so that G would not learn them; set conditional=false, or add auxiliary-classifier`,
      );
    this.addDiscriminator(name, {
      make: (request) => {
        const { inputShape } = request;
        const halves = autoencoder(this.#options, request, options.code);
        return new AutoencoderDiscriminator(halves, { inputShape, ...options });
      },
    });
  }

  /** Adds the family's encoder as player `encoder`, unless there is one; stochastic when any term asks for that. */
  addEncoder(options: { stochastic: boolean } = { stochastic: false }): void {
    this.#stochasticEncoder ||= options.stochastic;
    if (this.players.has("encoder")) return;
    this.players.set("encoder", {
      role: "encoder",
      make: () => {
        const stochastic = this.#stochasticEncoder;
        const encoder = this.#family.encoder(this.#options, { ...this.#request(), stochastic });
        if (encoder.latentSize === this.prior.size) return encoder;
        this.refuse(
          `the encoder makes latents of ${encoder.latentSize}, and the generator takes ${this.prior.size}; give the network family an encoder of net.prior.size`,
        );
      },
    });
  }

  /** What adversarial terms that name no streams play: one contest, or several at once. */
  get contests(): readonly Contest[] {
    return this.#contests;
  }

  /**
   * Says who plays whom, in the plain game's place.
   * @throws UsageError where another term has said so already
   */
  setContests(term: string, contests: readonly Contest[]): void {
    if (this.#contestsOf !== undefined && this.#contestsOf !== term)
      this.refuse(
        `${this.#contestsOf} and ${term} each have D judge something else, and one game can be only one of them; leave one out`,
      );
    this.#contestsOf = term;
    this.#contests = contests;
  }

  /** Puts others in the place of the contests, once it is known what is played: for terms that change what D is shown as real. */
  changeContests(contests: readonly Contest[]): void {
    this.#contests = contests;
  }

  /**
   * Has the makers of a discriminator's fakes learn from some of them only.
   * @param choose given N scores, returns those that count
   * @throws UsageError where another term has said so already
   */
  chooseFakes(discriminator: string, choose: (scores: Tensor, play: Play) => Tensor): void {
    if (this.choosers.has(discriminator))
      this.refuse(`another term chooses the fakes of the ${discriminator} already; give one`);
    this.choosers.set(discriminator, choose);
  }

  /** Whether a discriminator judges the data (or packs of it, or pairs with a latent), not something of its own. */
  judgesData(discriminator: string): boolean {
    return !this.#strangers.has(discriminator);
  }

  /** Whether the family's encoder, where a term asks for one, draws its latents. */
  get stochasticEncoder(): boolean {
    return this.#stochasticEncoder;
  }

  /**
   * Adds a view, behind the ones that are there, but before those that join several samples into one (packs).
   * @param discriminator undefined: every one
   */
  addView(discriminator: string | undefined, view: View): void {
    this.#views.push({ discriminator, view });
  }

  /** The views of a discriminator, in the order in which they apply. */
  viewsOf(discriminator: string): readonly View[] {
    const own = this.#views
      .filter((each) => each.discriminator === undefined || each.discriminator === discriminator)
      .map(({ view }) => view)
      .filter(({ ofData = false }) => !ofData || this.judgesData(discriminator));
    const joins = ({ group = 1 }: View) => group > 1;
    return [...own.filter((view) => !joins(view)), ...own.filter(joins)];
  }

  /** Steps in a row and latents of the plain game's phase of this name, for terms that put others in its place. */
  turn(name: "discriminator" | "generator"): Pick<Phase, "steps" | "batch"> {
    const { steps = 1, batch } = this.phases.find((phase) => phase.name === name) ?? {};
    return { steps, batch };
  }

  /** Runs `action` once every term has planned: for what depends on the others, in whatever order they are listed. */
  whenPlanned(action: () => void): void {
    this.#last.push(action);
  }

  /**
   * Ends the planning.
   * @throws UsageError for a schedule that the terms leave no place for
   */
  settle(): void {
    for (const action of this.#last) action();
    const planned = { encodes: this.players.has("encoder"), coded: this.#prior.codes.length > 0 };
    const objection = this.#family.suits?.(this.#options, planned);
    if (objection !== undefined) this.refuse(objection);
    const places = this.phases.filter(({ update }) => update.flat().includes("generator"));
    const whole = this.generatorBatch * this.parts;
    if (this.generatorBatch !== this.batch && places.some(({ batch }) => batch !== whole))
      this.refuse(
        "schedule.generatorBatch: a term here has G update together with others, on one batch (vaegan); leave it out",
      );
  }

  /** Whether a player updates in some phase. */
  updates(player: string): boolean {
    return this.phases.some(({ update }) => update.flat().includes(player));
  }

  /** What latents look like: final once every term has planned. */
  get prior(): Prior {
    return this.#prior;
  }

  /**
   * Adds codes to the end of every latent.
   * @throws UsageError where there are some already
   */
  addCodes(codes: CodeOptions): void {
    if (this.#prior.codes.length > 0)
      this.refuse("latents have codes already; give one term that brings some");
    this.#prior = new CodedPrior(this.#prior, codes);
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
