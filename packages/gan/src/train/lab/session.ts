import { UsageError } from "../../core/base/errors.js";
import type { JsonObject } from "../../core/base/json.js";
import { composeConfig, resolveConfig, validateConfig } from "../../core/config/config.js";
import type { Config } from "../../core/config/schema.js";
import { isPoints } from "../../core/data/index.js";
import { RunDirectory } from "../../core/run/directory.js";
import { forkRun, type Run, resumeRun, startRun } from "../train.js";
import type { StepReport } from "../trainer.js";
import { LabEye, type LabFrame } from "./frame.js";
import type { LabCommand, LabMessage, LabOrder } from "./protocol.js";

/** Milliseconds between frames while it plays: what an eye takes for motion, without the training waiting for it. */
const FRAME = 100;

/** A training on points that a person watches and steers. It is an ordinary run, with all that runs have. */
export class LabSession {
  readonly #run: Run;
  readonly #eye: LabEye;
  readonly #reports: AsyncGenerator<StepReport, void, void>;
  readonly #stop = new AbortController();
  readonly #tell: (message: LabMessage) => void;
  #scalars: Readonly<Record<string, number>> = {};
  #playing = false;
  /** Commands are done one after the other. */
  #work: Promise<void> = Promise.resolve();
  /** Goes up with each command: what plays ends when another one comes. */
  #turn = 0;
  #isOver = false;
  #isClosed = false;

  private constructor(run: Run, tell: (message: LabMessage) => void) {
    this.#run = run;
    this.#tell = tell;
    this.#eye = new LabEye(run.trainer);
    this.#reports = run.reports({
      signal: this.#stop.signal,
      onWarning: (message) => tell({ say: "error", message }),
    });
  }

  /**
   * @param tell hears of everything that is to be shown
   * @throws UsageError, FormatError: what can be refused, data that is no points among it; nothing is left
   */
  static async open(order: LabOrder, tell: (message: LabMessage) => void): Promise<LabSession> {
    const run = await openRun(order);
    const { trainer, directory, notes } = run;
    const { dataset, game, config } = trainer;
    if (dataset.kind !== "points") {
      await trainer.close();
      throw new UsageError(
        `the lab shows points, and ${dataset.name} has images; give data of points, as ring`,
      );
    }
    const session = new LabSession(run, tell);
    tell({
      say: "opened",
      run: directory.path,
      config: config as unknown as JsonObject,
      phases: game.phases.map(({ name }) => name),
      reals: session.#eye.reals(),
      modes: isPoints(dataset)
        ? dataset.modes.map(({ mean: [x = 0, y = 0], std }) => [x, y, 3 * std] as const)
        : [],
      notes,
    });
    session.#show();
    return session;
  }

  /** Does what was clicked, after what is being done; playing ends for it. */
  do(command: LabCommand): Promise<void> {
    const turn = ++this.#turn;
    this.#work = this.#work
      .then(() => this.#perform(command, turn))
      .catch((error: Error) => this.#tell({ say: "error", message: error.message }));
    return this.#work;
  }

  async #perform(command: LabCommand, turn: number): Promise<void> {
    if (command.do === "close") return await this.#end();
    if (this.#isOver && command.do !== "pause")
      throw new UsageError(
        `all ${this.#run.trainer.config.steps} iterations are done; go on under other settings, with more steps`,
      );
    this.#playing = command.do === "play";
    if (command.do === "play") await this.#play(turn, command.perSecond);
    else if (command.do === "iterate") await this.#iterate(command.count, turn);
    else if (command.do === "step") this.#scalars = await this.#run.trainer.stepPhase(command.phase);
    this.#playing = false;
    this.#show();
  }

  async #play(turn: number, perSecond: number | undefined): Promise<void> {
    let shown = performance.now();
    while (turn === this.#turn && (await this.#advance())) {
      const now = performance.now();
      if (perSecond !== undefined) await pause(1000 / perSecond);
      if (now - shown < FRAME && perSecond === undefined) continue;
      shown = now;
      this.#show();
      // Messages are heard between two frames.
      await pause(0);
    }
  }

  async #iterate(count: number, turn: number): Promise<void> {
    for (let i = 0; i < count && turn === this.#turn; i++) if (!(await this.#advance())) return;
  }

  /** @returns false where all iterations are done */
  async #advance(): Promise<boolean> {
    const { done, value } = await this.#reports.next();
    if (value?.scalars !== undefined) this.#scalars = value.scalars;
    if (done || value?.iteration === this.#run.trainer.config.steps) {
      this.#isOver = true;
      await this.#finish();
    }
    return !this.#isOver;
  }

  #show(): void {
    this.#tell({ say: "frame", frame: this.frame(), scalars: this.#scalars, playing: this.#playing });
  }

  frame(): LabFrame {
    return this.#eye.frame();
  }

  /** Lets the record write its last checkpoint. */
  async #finish(): Promise<void> {
    this.#stop.abort();
    for (;;) if ((await this.#reports.next()).done) return;
  }

  async #end(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { trainer } = this.#run;
    const { iteration } = trainer;
    if (!this.#isOver) await this.#finish();
    this.#isOver = true;
    this.#eye.close();
    await trainer.close();
    this.#tell({ say: "ended", iteration });
  }
}

const pause = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

async function openRun(order: LabOrder): Promise<Run> {
  if (order.kind === "resume") return await resumeRun(order.run);
  const changes = { with: order.with ?? [], without: order.without, settings: order.settings, strict: true };
  if (order.kind === "train") {
    const { recipe, preset, out } = order;
    const config = await resolveConfig({ recipe, preset, ...changes });
    return await startRun(config, out);
  }
  const directory = await (await RunDirectory.open(order.run)).checkedBy(validateConfig);
  const config: Config = await composeConfig(directory.config as unknown as JsonObject, changes);
  return await forkRun(order.run, undefined, config, order.out);
}
