import {
  defaultGenerator,
  grad,
  manualSeed,
  noGrad,
  RandomGenerator,
  scope,
  type Tensor,
  torch,
} from "@gantry/torch";
import { RunError } from "../../core/base/errors.js";
import { makeOptimizer } from "../../core/config/optimizers.js";
import { Random } from "../../core/data/random.js";
import type { Discriminator } from "../../core/nets/contract.js";
import { makeJudge } from "../../core/nets/judge.js";
import type { ImageSource } from "./images.js";
import type { JudgeSettings } from "./judgeSettings.js";
import type { MetricContext } from "./metric.js";
import { pause } from "./pause.js";

/**
 * Where there is no run whose discriminator could be taken. Spectral norm keeps it from learning images by heart, and bears
 * a higher rate than DCGAN's; batch norm would tell images by the company they are in.
 */
export const DEFAULT_JUDGE: JudgeSettings = {
  family: "dcgan",
  options: { channels: 32, discriminatorNorm: "spectral" },
  optimizer: { kind: "adam", learningRate: 1e-3, betas: [0.5, 0.999], epsilon: 1e-8, weightDecay: 0 },
  batch: 64,
};

/** Some of a number of images. */
export interface Pool {
  /** N*C*H*W. */
  readonly bytes: Uint8Array;
  readonly indices: Uint32Array;
}

export interface JudgeTraining {
  /** Standard deviation of the noise on what it is trained on, images being in [-1, 1]. */
  readonly sigma: number;
  /** The rate is the settings' for the first half of them, and falls to 0 over the second: the last batches then leave no mark of their own. */
  readonly steps: number;
  /** Half of the images are turned left to right, at random. */
  readonly mirror: boolean;
  readonly seed: number;
}

/** A discriminator that was trained under noise to tell reals from what a generator made, and judges without noise. */
export class NoisyJudge {
  readonly #network: Discriminator;
  readonly #shape: ImageSource["shape"];

  private constructor(network: Discriminator, shape: ImageSource["shape"]) {
    this.#network = network;
    this.#shape = shape;
  }

  /**
   * Trains one, by cross-entropy: its output estimates log(p_data / p_generator).
   * @throws RunError when its loss is not finite
   */
  static async train(
    { family, options, optimizer: config, batch }: JudgeSettings,
    shape: ImageSource["shape"],
    { generated, real }: { readonly generated: Pool; readonly real: Pool },
    { sigma, steps, mirror, seed }: JudgeTraining,
    context: MetricContext,
  ): Promise<NoisyJudge> {
    // Weights come from LibTorch's default generator, which is left as it was found.
    const standard = defaultGenerator("cpu");
    const before = standard.getState();
    manualSeed(seed);
    let network: Discriminator;
    try {
      network = await makeJudge(family, options, shape);
    } finally {
      standard.setState(before);
    }
    const [random, noise] = [new Random(seed), new RandomGenerator(seed)];
    const size = shape[0] * shape[1] * shape[2];
    const draw = ({ bytes, indices }: Pool): Tensor => {
      const out = new Uint8Array(batch * size);
      for (let i = 0; i < batch; i++) {
        const at = indices[random.integer(indices.length)]! * size;
        out.set(bytes.subarray(at, at + size), i * size);
        if (mirror && random.integer(2) === 1) turn(out.subarray(i * size, (i + 1) * size), shape[2]);
      }
      const images = toImages(out, [batch, ...shape]);
      return sigma === 0
        ? images
        : images.add_(torch.randn([batch, ...shape], { generator: noise }), { alpha: sigma });
    };
    const parameters = network.parameters();
    const optimizer = makeOptimizer({ default: config }, "discriminator", parameters);
    const { learningRate } = optimizer;
    network.train();
    try {
      for (let step = 0; step < steps; step++) {
        optimizer.learningRate = learningRate * Math.min(1, 2 * (1 - step / steps));
        const loss = scope(() => {
          // Apart: batch norm over both would tell the judge which it sees by what the batch lacks.
          const value = scoreOf(network, draw(real))
            .neg()
            .softplus()
            .mean()
            .add(scoreOf(network, draw(generated)).softplus().mean());
          optimizer.step(grad(value, parameters));
          return value.item();
        });
        if (!Number.isFinite(loss)) throw new RunError(`the judge's loss became ${loss} at step ${step}`);
        await pause(context, (step + 1) / steps);
      }
      network.eval();
      return new NoisyJudge(network, shape);
    } catch (error) {
      network.dispose();
      throw error;
    } finally {
      optimizer.dispose();
    }
  }

  /** Raw scores, higher for what only reals are like. */
  async logits({ bytes, indices }: Pool, context: MetricContext): Promise<Float32Array> {
    const size = this.#shape[0] * this.#shape[1] * this.#shape[2];
    const found = new Float32Array(indices.length);
    for (let start = 0; start < indices.length; start += 256) {
      const part = indices.subarray(start, start + 256);
      const images = new Uint8Array(part.length * size);
      for (const [to, from] of part.entries())
        images.set(bytes.subarray(from * size, (from + 1) * size), to * size);
      const scores = noGrad(() =>
        scope(
          () =>
            scoreOf(
              this.#network,
              toImages(images, [part.length, ...this.#shape]),
            ).toTypedArray() as Float32Array,
        ),
      );
      found.set(scores, start);
      await pause({ signal: context.signal }, 0);
    }
    return found;
  }

  dispose(): void {
    this.#network.dispose();
  }
}

/** Turns an image left to right, in place. */
function turn(image: Uint8Array, width: number): void {
  for (let row = 0; row < image.length; row += width) image.subarray(row, row + width).reverse();
}

/** uint8 images in [-1, 1]. */
const toImages = (bytes: Uint8Array, shape: readonly number[]): Tensor =>
  torch.fromTypedArray(bytes, shape).to({ dtype: "float32" }).div_(127.5).sub_(1);

const scoreOf = (network: Discriminator, image: Tensor): Tensor =>
  network.score(network.features({ image }), { image });
