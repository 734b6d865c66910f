import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";
import { numberFrom, wholeNumber } from "../numbers.js";
import { duration } from "../render/format.js";
import { Interrupted, Interruption } from "../signals.js";

interface Options {
  readonly force?: boolean;
  readonly data?: string;
  readonly test?: string;
  readonly epochs?: string;
  readonly seed?: string;
  readonly accept?: string;
  readonly precision?: "float32" | "bfloat16";
  readonly threads?: string;
}

export default defineCommand<Options>({
  name: "train-classifier",
  summary: "train a classifier for metrics to look through",
  description:
    "Trains a classifier on a data set's training images and keeps it in Gantry's own folder with its accuracy on the " +
    "test images. Metrics look through it where Inception's weights are absent. One that is there already is kept.",
  arguments: [
    {
      name: "<name>",
      description: "digits-cnn (MNIST), fashion-cnn (Fashion-MNIST) or cifar10-cnn (CIFAR-10)",
    },
  ],
  options: [
    { flags: "--force", description: "train again where it is there already" },
    {
      flags: "--data <data>",
      description:
        "training images elsewhere, as cifar10.zip or cifar10.zip:train; default: the data set by name",
    },
    { flags: "--test <data>", description: "test images; default: the test split of --data" },
    { flags: "--epochs <n>", description: "times through the training images; default the classifier's own" },
    {
      flags: "--accept <share>",
      description:
        "keep it from this share of the test images on, as 0.6; scores through it then say that it fell short",
    },
    { flags: "--seed <n>", description: "of first weights, order and augmentation; default 0" },
    {
      flags: "--precision <type>",
      description: "of the convolutions: float32 (default) or bfloat16, faster where the processor has it",
      choices: ["float32", "bfloat16"],
    },
    { flags: "--threads <n>", description: "threads an operator may use" },
    { flags: "--json", description: "print one JSON object a line" },
  ],
  examples: [
    ["gantry train-classifier fashion-cnn", "minutes on two cores"],
    ["gantry train-classifier cifar10-cnn --data cifar10.zip", "from a zip with the splits train and test"],
    ["gantry train-classifier digits-cnn --force --epochs 2", "again, and shorter"],
    [
      "gantry train-classifier cifar10-cnn --epochs 1 --accept 0.6",
      "a first look, at the price of its scores",
    ],
  ],
  async run(output, [name = ""], options) {
    const { classifierMetadata, featureNetworks, trainClassifier } = await import("@gantry/gan/metrics");
    const { dataContext } = await import("@gantry/gan/data");
    const { openDataset, parseReference, UsageError, useThreads } = await import("@gantry/gan");
    const { dataProgress } = await import("../training.js");
    const epochs = wholeNumber("--epochs", options.epochs, 1);
    const seed = wholeNumber("--seed", options.seed, 0);
    const accept = numberFrom("--accept", options.accept, 0, 1);
    const threads = wholeNumber("--threads", options.threads, 1);
    const { standsInFor } = await featureNetworks.get(name);
    if (standsInFor === undefined)
      throw new UsageProblem(
        `${name} is not trained here; get its weights with 'gantry data fetch inception'`,
      );
    const interruption = new Interruption({
      onFirst: () => output.reporter.note("Stopping. Nothing is kept. Ctrl-C again stops at once."),
    });
    const context = dataContext(dataProgress(output, interruption.signal));
    try {
      const known = await classifierMetadata(name, context);
      if (known !== undefined && options.force !== true) {
        if (output.json) output.printJson({ event: "present", name, ...known });
        else
          output.print(
            `${name} is there already: ${percent(known.accuracy)} on the test images (seed ${known.seed}); --force trains it again`,
          );
        return 0;
      }
      const open = async (text: string, split: "train" | "test") => {
        const reference = await parseReference(text);
        if (reference.kind !== "data")
          throw new UsageError(`${text}: a classifier learns from labelled images, not from a .npy file`);
        const { spec } = reference;
        const named = typeof spec === "string" ? { name: spec } : spec;
        return await openDataset({ split, ...named }, context);
      };
      const { data } = options;
      const test =
        options.test ?? (data !== undefined && !data.endsWith(":train") ? data : data?.slice(0, -6));
      const dataset = data === undefined ? undefined : await open(data, "train");
      const testDataset = test === undefined ? undefined : await open(test, "test");
      if (threads !== undefined) useThreads(threads);
      const { accuracy, path, seconds } = await trainClassifier(name, {
        ...(dataset === undefined ? {} : { dataset }),
        ...(testDataset === undefined ? {} : { testDataset }),
        ...(epochs === undefined ? {} : { epochs }),
        ...(seed === undefined ? {} : { seed }),
        accept,
        ...(options.precision === undefined ? {} : { precision: options.precision }),
        context,
        signal: interruption.signal,
        onProgress: ({ step, steps, loss }) =>
          output.reporter.progress({
            what: `training ${name}, loss ${loss.toFixed(3)}`,
            done: step,
            total: steps,
            unit: "steps",
          }),
      });
      if (output.json) output.printJson({ event: "trained", name, path, accuracy, seconds });
      else
        output.print(
          `${name}: ${percent(accuracy)} on the test images, in ${duration(seconds)}\nTry next:\n  gantry eval RUN    (metrics now look through it)`,
        );
      return 0;
    } catch (error) {
      if (interruption.signal.aborted && error instanceof Interrupted) return interruption.status;
      throw error;
    } finally {
      interruption.release();
    }
  },
});

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
