import { RunError } from "@gantry/gan";
import { dataContext } from "@gantry/gan/data";
import {
  classifierMetadata,
  type FeatureNetwork,
  featureNetworks,
  labelsOf,
  MemoryTable,
  modeCoverage,
  trainClassifier,
} from "@gantry/gan/metrics";
import { scope, torch } from "@gantry/torch";
import type { Preparation } from "../engine/study.js";

const CLASSIFIER = "digits-cnn";
/** Share of MNIST's test images that the classifier must name rightly. */
const LEAST_ACCURACY = 0.99;
export const MODES = 1000;
/** Images that are classified at once. */
const PIECE = 250;

/** How samples spread over the 1000 modes. */
export interface Verdict {
  readonly samples: number;
  readonly modes: number;
  /** To the uniform distribution, natural logarithm. */
  readonly kl: number;
}

/**
 * Trains the digit classifier unless it is there.
 * @throws RunError where it is not good enough
 */
export async function prepareJudge({ onProgress, signal }: Preparation): Promise<void> {
  const context = dataContext({ signal });
  const definition = await featureNetworks.get(CLASSIFIER);
  if (!(await definition.isPresent(context)))
    await trainClassifier(CLASSIFIER, {
      context,
      signal,
      onProgress: ({ step, steps }) =>
        onProgress({ what: `training ${CLASSIFIER}`, done: step, total: steps, unit: "steps" }),
    });
  (await Judge.open()).dispose();
}

/** Names modes by a classifier of digits, channel by channel. */
export class Judge {
  /** Of the classifier, on MNIST's test images: measured when it was trained. */
  readonly accuracy: number;
  readonly #network: FeatureNetwork;

  private constructor(network: FeatureNetwork, accuracy: number) {
    this.#network = network;
    this.accuracy = accuracy;
  }

  /** @throws UsageError where the classifier is missing or damaged, RunError where its accuracy is below 99 % */
  static async open(): Promise<Judge> {
    const context = dataContext();
    const network = await (await featureNetworks.get(CLASSIFIER)).open(context);
    const accuracy = (await classifierMetadata(CLASSIFIER, context))?.accuracy ?? Number.NaN;
    if (accuracy >= LEAST_ACCURACY) return new Judge(network, accuracy);
    network.dispose();
    throw new RunError(
      `the classifier ${CLASSIFIER} names ${(100 * accuracy).toFixed(2)} % of the test digits rightly, and this study asks for ${100 * LEAST_ACCURACY} %; delete its file and run the study again, which trains it`,
    );
  }

  /** Modes of images, bytes N,3,28,28. */
  label(images: Uint8Array): Int32Array {
    const side = this.#network.input.size as number;
    const size = 3 * side * side;
    const count = images.length / size;
    const labels = new Int32Array(count);
    for (let from = 0; from < count; from += PIECE) {
      const to = Math.min(from + PIECE, count);
      const logits = scope(() => {
        const digits = torch.fromTypedArray(images.subarray(from * size, to * size), [
          3 * (to - from),
          1,
          side,
          side,
        ]);
        return this.#network.forward(digits).logits.toTypedArray() as Float32Array;
      });
      labels.set(labelsOf(new MemoryTable(logits, this.#network.classes), 3), from);
    }
    return labels;
  }

  /** @param pieces images as {@link label} takes them */
  judge(pieces: Iterable<Uint8Array>): Verdict {
    const labels: number[] = [];
    for (const piece of pieces) labels.push(...this.label(piece));
    const { samples, modesCovered, kl } = modeCoverage(labels, MODES);
    return { samples, modes: modesCovered, kl };
  }

  dispose(): void {
    this.#network.dispose();
  }
}
