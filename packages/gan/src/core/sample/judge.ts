import { type Device, noGrad, RandomGenerator, scope, type Tensor } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import type { Game } from "../game/game.js";
import { Play } from "../game/play.js";

const DISCRIMINATOR = "discriminator";

/** Of what stands before D and draws (noise): the same for the same samples. */
const SEED = 0x1d6e;

/** What a run's discriminator makes of single samples, in evaluation mode, through whatever stands before it in training. */
export class SampleJudge {
  readonly #play: Play;
  readonly #pairs: boolean;
  readonly #labels: boolean;

  /**
   * @param iteration of the checkpoint, for what is scheduled
   * @throws UsageError for a discriminator that judges something else than single samples
   */
  constructor(game: Game, iteration: number, steps: number, device: Device) {
    game.requireJudgeOfData("ranking", DISCRIMINATOR);
    const group = game.groupOf(DISCRIMINATOR);
    if (group > 1)
      throw new UsageError(
        `ranking: this discriminator judges packs of ${group} samples, and gives none a score of its own (packing)`,
      );
    game.network(DISCRIMINATOR).train(false);
    this.#pairs = game.judgesPairs(DISCRIMINATOR);
    this.#labels = game.network<import("../nets/contract.js").Generator>("generator").classes !== undefined;
    this.#play = new Play(game, {
      iteration,
      steps,
      updating: new Set(),
      batch: 1,
      random: new RandomGenerator(SEED, device),
      device,
      logging: false,
      real: () => {
        throw new Error("nothing real is judged here");
      },
    });
  }

  /**
   * @param image N,C,H,W or N,D
   * @param latent N,L: what they were made from
   * @returns N raw scores, higher for what looks real
   */
  scores(image: Tensor, latent: Tensor, label: Tensor | undefined): Float32Array {
    return noGrad(() =>
      scope(() => {
        const { logits } = this.#play.judgeSample(DISCRIMINATOR, {
          image,
          latent: this.#pairs ? latent : undefined,
          label: this.#labels ? label : undefined,
        });
        return logits.to({ device: "cpu", dtype: "float32" }).toTypedArray();
      }),
    ) as Float32Array;
  }

  /** Frees the discriminator. */
  close(): void {
    this.#play.discriminator(DISCRIMINATOR).dispose();
  }
}
