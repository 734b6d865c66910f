import { UsageError } from "../../core/base/errors.js";
import type { JsonObject } from "../../core/base/json.js";
import { parseSetting, parseTerm } from "../../core/base/setting.js";
import { composeConfig, resolveConfig, validateConfig } from "../../core/config/config.js";
import type { Config } from "../../core/config/schema.js";
import { isPoints } from "../../core/data/index.js";
import { dataNamed } from "../../core/data/spec.js";
import { RunDirectory } from "../../core/run/directory.js";
import { forkRun, type Run, resumeRun, startRun } from "../train.js";
import type { StepReport } from "../trainer.js";
import { LabEye, type LabFrame } from "./frame.js";
import type { LabCommand, LabMessage, LabOrder } from "./protocol.js";

/** A training on points that a person watches and steers. It is an ordinary run, with all that runs have. */
export class LabSession {
  readonly #run: Run;
  readonly #eye: LabEye;
  readonly #reports: AsyncGenerator<StepReport, void, void>;
  readonly #stop = new AbortController();
  readonly #tell: (message: LabMessage) => void;
  #scalars: Readonly<Record<string, number>> = {};
  /** Commands are done one after the other. */
  #work: Promise<void> = Promise.resolve();
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

  /** Does what was clicked, after what is being done. */
  do(command: LabCommand): Promise<void> {
    this.#work = this.#work
      .then(() => this.#perform(command))
      .catch((error: Error) => this.#tell({ say: "error", message: error.message }));
    return this.#work;
  }

  async #perform(command: LabCommand): Promise<void> {
    if (command.do === "close") return await this.#end();
    if (this.#isOver)
      throw new UsageError(
        `all ${this.#run.trainer.config.steps} iterations are done; go on with more of them, as steps=${2 * this.#run.trainer.config.steps}`,
      );
    if (command.do === "step") this.#scalars = await this.#run.trainer.stepPhase(command.phase);
    else for (let i = 0; i < command.count; i++) if (!(await this.#advance())) break;
    this.#show();
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
    this.#tell({ say: "frame", frame: this.frame(), scalars: this.#scalars });
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

async function openRun(order: LabOrder): Promise<Run> {
  if (order.kind === "resume") return await resumeRun(order.run);
  const changes = {
    with: (order.with ?? []).map(parseTerm),
    without: order.without,
    settings: (order.set ?? []).map(parseSetting),
    strict: true,
  };
  if (order.kind === "train") {
    const { recipe, preset, data, seed, out } = order;
    const own: JsonObject[] = [
      ...(data === undefined ? [] : [{ data: null }, { data: await dataNamed(data) }]),
      ...(seed === undefined ? [] : [{ seed }]),
    ];
    const config = await resolveConfig({
      recipe,
      preset,
      ...changes,
      settings: [...own, ...changes.settings],
    });
    return await startRun(config, out);
  }
  const directory = await (await RunDirectory.open(order.run)).checkedBy(validateConfig);
  const config: Config = await composeConfig(directory.config as unknown as JsonObject, changes);
  return await forkRun(order.run, undefined, config, order.out);
}
