import { RunError } from "@gantry/gan";
import { type Dataset, Random } from "@gantry/gan/data";
import { lines } from "@gantry/gan/figures";
import { contrastiveAccuracies } from "@gantry/gan/metrics";
import { contrastiveLoss, type Discriminator, InfomaxCritics, makeJudge } from "@gantry/gan/nets";
import { showSpread, spread } from "@gantry/gan/sweep";
import { grad, noGrad, optim, scope, type Tensor, torch } from "@gantry/torch";
import { openCifar10 } from "../engine/cifar10.js";
import { begin, brief } from "../engine/fit.js";
import { definePaperStudy } from "../engine/paperStudy.js";
import { above, all, below, differences, judge } from "../engine/verdict.js";

interface Work {
  readonly steps: number;
  readonly batch: number;
  readonly channels: number;
  readonly units: number;
  /** Test images of each class; a multiple of the batch. */
  readonly each: number;
  /** Training images that must be there. */
  readonly least: number;
}

/** How well the task is solved. */
interface Solved {
  /** The mean probability of equation 4 over the most that it can be, 1 / M². */
  readonly probability: number;
  /** The share of pairs that score above all of other images. */
  readonly accuracy: number;
}

interface Seen {
  readonly step: number;
  readonly all: Solved;
  readonly alone: readonly Solved[];
  /** One image alone, repeated: the first of each of three classes. */
  readonly one: Solved;
}

interface Result {
  readonly classes: readonly string[];
  readonly seen: readonly Seen[];
}

const LOOKS = 5;
const LEARNING_RATE = 1e-3;

const imagesAt = (dataset: Dataset, chosen: readonly number[]): Tensor =>
  torch
    .fromTypedArray(dataset.read(chosen), [chosen.length, ...dataset.shape])
    .toCopy({ dtype: "float32" })
    .div(127.5)
    .sub(1);

/** The first so many images of each class. */
function firstOf(dataset: Dataset, each: number): number[][] {
  const labels = dataset.labels(Uint32Array.from({ length: dataset.count }, (_, i) => i)) ?? [];
  return (dataset.classes ?? []).map((_, number) => {
    const found: number[] = [];
    for (let i = 0; i < labels.length && found.length < each; i++) if (labels[i] === number) found.push(i);
    if (found.length < each)
      throw new RunError(`there are ${found.length} test images of a class, and ${each} are asked about`);
    return found;
  });
}

const meanOf = (solved: readonly Solved[]): Solved => ({
  probability: brief(spread(solved.map(({ probability }) => probability)).mean),
  accuracy: brief(spread(solved.map(({ accuracy }) => accuracy)).mean),
});

async function measure(work: Work, seed: number): Promise<Result> {
  const { steps, batch, channels, units, each, least } = work;
  const [train, test] = [await openCifar10("train", least), await openCifar10("test", 10 * each)];
  begin(seed);
  const network: Discriminator = await makeJudge("resnet", { channels }, train.shape);
  const { local, global } = network.featureShapes;
  const critics = new InfomaxCritics(local![0], global, units);
  const places = local![1] * local![2];
  const parameters = [...network.parameters(), ...critics.parameters()];
  const optimizer = new optim.Adam(parameters, { learningRate: LEARNING_RATE, betas: [0, 0.9] });
  const random = new Random(seed);
  const scoresOf = (image: Tensor): Tensor => {
    const features = network.features({ image });
    return critics.scores(features.local as Tensor, features.global);
  };
  const solve = (chosen: readonly number[]): Solved =>
    noGrad(() =>
      scope(() => {
        const scores = scoresOf(imagesAt(test, chosen));
        const rivals = scores.transpose(0, 1).flatten(1).logsumexp([1]);
        // M,M,N: an image's own places with its own global vector.
        const probability = scores.diagonal(0, 0, 1).sub(rivals).exp().mean().item();
        const accuracy = spread(contrastiveAccuracies(scores, "others")).mean;
        return { probability: probability * places, accuracy };
      }),
    );
  const byClass = firstOf(test, each);
  const batchesOf = (chosen: readonly number[]): (readonly number[])[] =>
    Array.from({ length: Math.floor(chosen.length / batch) }, (_, i) =>
      chosen.slice(i * batch, (i + 1) * batch),
    );
  // Every batch has the classes in turn.
  const mixed = Array.from({ length: each }, (_, i) => byClass.map((items) => items[i]!)).flat();
  const seen: Seen[] = [];
  const look = (step: number): void => {
    network.train(false);
    seen.push({
      step,
      all: meanOf(batchesOf(mixed).map(solve)),
      alone: byClass.map((items) => meanOf(batchesOf(items).map(solve))),
      one: meanOf(byClass.slice(0, 3).map(([first]) => solve(new Array<number>(batch).fill(first!)))),
    });
    network.train(true);
  };
  const every = Math.max(1, Math.floor(steps / LOOKS));
  for (let step = 1; step <= steps; step++) {
    optimizer.learningRate = LEARNING_RATE * (1 - (step - 1) / steps);
    const loss = scope(() => {
      const chosen = Array.from({ length: batch }, () => random.integer(train.count));
      const value = contrastiveLoss(scoresOf(imagesAt(train, chosen)), "paper");
      // D's own score has no part in it.
      optimizer.step(grad(value, parameters, { allowUnused: true }));
      return value.item();
    });
    if (!Number.isFinite(loss)) throw new RunError(`the loss became ${loss} at step ${step}`);
    if (step % every === 0) look(step);
  }
  optimizer.dispose();
  network.dispose();
  critics.dispose();
  return { classes: test.classes ?? [], seen };
}

const end = ({ seen }: Result): Seen => seen.at(-1)!;

export default definePaperStudy<Record<string, never>, Work, Result>({
  name: "infomax-figure-3",
  summary: "how well the contrastive task is solved for all classes, for single ones, and for one image",
  paper: "infomax",
  shows: "figure 3",
  claims: ["I3", "I4"],
  seeds: 3,
  cases: [{ name: "resnet", summary: "SNGAN's D with spectral norm, on CIFAR-10", own: {} }],
  paces: [
    {
      name: "quick",
      summary: "16 channels for 128, 600 steps, 128 test images of each class",
      work: { steps: 600, batch: 64, channels: 16, units: 128, each: 128, least: 50_000 },
    },
    {
      name: "paper",
      summary: "128 channels, 5000 steps, which the paper does not state; 960 test images of each class",
      work: { steps: 5000, batch: 64, channels: 128, units: 1024, each: 960, least: 50_000 },
    },
  ],
  iterations: (work, steps) =>
    // So few are only to see that it runs: an excerpt will do.
    steps < 10 ? { ...work, steps, batch: 8, channels: 4, each: 8, least: 600 } : { ...work, steps },
  measure: ({ work, seed }) => measure(work, seed),
  read(results, { steps, batch, channels, units, each }) {
    const of = (pick: (seen: Seen) => number) => results.numbers("resnet", (result) => pick(end(result)));
    const percent = (values: readonly number[]) => showSpread(spread(values.map((value) => 100 * value)), 1);
    const alone = ({ alone: classes }: Seen) => spread(classes.map(({ accuracy }) => accuracy)).mean;
    const [whole, mean, one] = [
      of((seen) => seen.all.accuracy),
      of(alone),
      of((seen) => seen.one.accuracy),
    ] as const;
    const [first] = results.of("resnet");
    const classes = first?.classes ?? [];
    const x = first?.seen.map(({ step }) => step) ?? [];
    const series = (label: string, pick: (seen: Seen) => Solved) => ({
      label,
      x,
      y: first?.seen.map((seen) => 100 * pick(seen).accuracy) ?? [],
    });
    return {
      settings: [
        `SNGAN's residual D of ${channels} channels with spectral norm and critics of ${units} units learn equation 4 alone on CIFAR-10's training images: ${steps} steps of ${batch}, Adam ${LEARNING_RATE} falling to 0, betas (0, 0.9). Then they are asked about test images, ${each} of each class, in batches of ${batch}: of all classes in turn, of one class, of one image repeated (three images). Steps, optimizer and rate are ours: the paper states none.`,
        "Accuracy: the share of an image's own places that score higher with its global vector than all places of the other images. By equation 4 as printed an image's own other places are rivals as well, and a probability can be at most 1 / M²; the second column is that probability times M².",
      ],
      findings: [
        {
          claim: "I3",
          paper: "the less collapsed, the better the task is solved; one image alone: near zero",
          here: `all classes ${percent(whole)} %, single ones ${percent(mean)} %, one image ${percent(one)} %`,
          verdict: judge(
            all([
              ["all above single", above(differences(whole, mean), 0)],
              ["single above one image", above(differences(mean, one), 0)],
              ["one image near zero", below(one, 0.005)],
            ]),
          ),
        },
        {
          claim: "I4",
          paper: "any single class alone is consistently worse than all classes",
          here: `${classes.filter((_, i) => spread(of((seen) => seen.alone[i]!.accuracy)).mean < spread(whole).mean).length} of ${classes.length} classes are worse in the mean`,
          verdict: judge(
            all(
              classes.map(
                (name, i) =>
                  [
                    name,
                    above(
                      differences(
                        whole,
                        of((seen) => seen.alone[i]!.accuracy),
                      ),
                      0,
                    ),
                  ] as const,
              ),
            ),
          ),
        },
      ],
      tables: [
        {
          title: "At the end, %",
          head: ["test images", "accuracy", "probability times M²"],
          rows: [
            ["all classes", percent(whole), percent(of((seen) => seen.all.probability))],
            ...classes.map((name, i) => [
              `${name} alone`,
              percent(of((seen) => seen.alone[i]!.accuracy)),
              percent(of((seen) => seen.alone[i]!.probability)),
            ]),
            ["one image", percent(one), percent(of((seen) => seen.one.probability))],
          ],
        },
      ],
      pictures: [
        {
          name: "accuracy",
          picture: lines(
            [
              {
                title: "accuracy, %",
                lines: [
                  series("all classes", ({ all: solved }) => solved),
                  series("single classes, mean", ({ alone: each_ }) => meanOf(each_)),
                  series("one image", ({ one: solved }) => solved),
                ],
              },
              {
                title: "each class alone, %",
                lines: classes.map((name, i) => series(name, (seen) => seen.alone[i]!)),
              },
            ],
            { xLabel: "steps" },
          ),
          caption: "The first seed. Left as figure 3a, right the single classes of figure 3b.",
        },
      ],
    };
  },
});
