import type { JsonObject } from "@gantry/gan";
import { heat, lines, panels } from "@gantry/gan/figures";
import { showSpread, spread } from "@gantry/gan/sweep";
import { definePaperStudy, type Results } from "../engine/paperStudy.js";
import { above, all, higher, judge, lower, soShort } from "../engine/verdict.js";
import { measure, type Result, type Work as Task } from "../forgetting/measure.js";

interface Own {
  readonly beta: number;
}

type Work = Omit<Task, "beta" | "data"> & { readonly data: string };

const CASES = [
  { name: "plain", summary: "a discriminator's network as a classifier", own: { beta: 0 } },
  { name: "infomax", summary: "the same with InfoMax-GAN's objective, weighted 0.2", own: { beta: 0.2 } },
] as const;
type Name = (typeof CASES)[number]["name"];

const COMMON = { cycles: 2, batch: 64, learningRate: 2e-4, tested: 400, testsAll: true } as const;

/** Balanced accuracy, in percent, on the other nine of ten classes, of what knows the last class alone. */
const LAST_ALONE = (100 * (0 + 8 / 9)) / 2;

/** Of a class. */
const PAPER_ITERATIONS = 1000;

const mean = (values: readonly number[]): number => spread(values).mean;

/** The accuracy on the task at hand over its visits, a mean over tasks, in percent. */
const visit =
  (which: (reading: Result["readings"][number], last: number) => boolean) =>
  ({ readings }: Result): number => {
    const last = Math.max(...readings.map(({ into }) => into));
    return 100 * mean(readings.filter((reading) => which(reading, last)).map(({ accuracy }) => accuracy));
  };

const MEASURES = {
  learned: visit(({ cycle, into }, last) => cycle === 0 && into === last),
  kept: visit(({ cycle, into }) => cycle > 0 && into === 0),
  /** On all classes but the one just trained on. */
  remembered: ({ memory = [] }: Result) =>
    100 * mean(memory.flatMap((row, task) => row.filter((_, each) => each !== task))),
  /** On the class trained on just before this one. */
  before: ({ memory = [] }: Result) =>
    100 * mean(memory.flatMap((row, task) => (task === 0 ? [] : [row[task - 1]!]))),
} as const;

function picturesOf(results: Results<Result>) {
  const shown = CASES.flatMap(({ name }) =>
    results
      .of(name)
      .slice(0, 1)
      .map((result) => ({ name, result })),
  );
  const matrices = shown.map(({ result: { memory = [] } }) => heat(memory, { size: 260, range: [0, 1] }));
  return [
    {
      name: "accuracy",
      picture: lines(
        [
          {
            title: "accuracy on the class at hand, %",
            lines: shown.map(({ name, result: { readings } }) => ({
              label: name,
              x: readings.map(({ iteration }) => iteration),
              y: readings.map(({ accuracy }) => 100 * accuracy),
            })),
          },
        ],
        { width: 900, range: [0, 100], xLabel: "iterations" },
      ),
      caption: "The first seed. A step down is a change of the class; chance is 50 %.",
    },
    {
      name: "memory",
      picture: panels(
        { columns: shown.map(({ name }) => name), rows: [{ name: "after each class", pictures: matrices }] },
        { size: 260 },
      ),
      caption:
        "The first seed's last cycle. Rows: after training on the first, the second, ... class; columns: the accuracy on each class, from 0 (dark) to 100 % (light). The diagonal is the class just trained on.",
    },
  ];
}

export default definePaperStudy<Own, Work, Result>({
  name: "infomax-figure-2",
  summary: "what a discriminator keeps of one class against all others, as the class changes",
  paper: "infomax",
  shows: "figure 2",
  claims: ["I1", "I2"],
  seeds: 3,
  cases: CASES,
  paces: [
    {
      name: "quick",
      summary: "MNIST for CIFAR-10, DCGAN's D of 8 channels, 60 iterations a class for 1000, two cycles",
      work: {
        ...COMMON,
        data: "mnist",
        net: { family: "dcgan", options: { channels: 8, discriminatorNorm: "spectral" } },
        criticUnits: 64,
        iterations: 60,
      },
    },
    {
      name: "paper",
      summary: "CIFAR-10, SNGAN's residual D, 1000 iterations a class, two cycles",
      work: {
        ...COMMON,
        data: "cifar10",
        net: { family: "resnet", options: {} },
        criticUnits: 1024,
        iterations: PAPER_ITERATIONS,
      },
    },
  ],
  // So few are only to see that it runs.
  iterations: (work, iterations) => ({ ...work, iterations, ...(iterations < 10 ? { tested: 20 } : {}) }),
  measure({ own, work: { data, ...work }, seed }) {
    const of = (split: string): JsonObject => ({ name: data, split });
    const task: Task = { ...work, data: { train: of("train"), test: of("test") }, beta: own.beta };
    return measure({ problem: data, method: "", seed, work: task as unknown as JsonObject });
  },
  read(results, { data, net, criticUnits, iterations, cycles, batch, learningRate, tested }) {
    const of = (name: Name, which: keyof typeof MEASURES) => results.numbers(name, MEASURES[which]);
    const show = (name: Name, which: keyof typeof MEASURES) => showSpread(spread(of(name, which)), 1);
    const remembers = judge(
      all([
        ["more than without", higher(of("infomax", "remembered"), of("plain", "remembered"))],
        ["above chance", above(of("infomax", "remembered"), 50)],
      ]),
    );
    return {
      settings: [
        `${data === "mnist" ? "MNIST stands in CIFAR-10's place. " : ""}One network (${net.family} ${JSON.stringify(net.options)}) with one output learns one class against all others; the class changes every ${iterations} iterations, ${cycles} times through all ten. Critics of ${criticUnits} units. Adam ${learningRate}, betas (0, 0.9), batch ${batch}.`,
        `Our own choices, as the paper names none: batches and tests (${tested} images) are half of the class, so that chance is 50 %; the network is not told which class it is. 'learned': at the end of the first visits; 'kept': on coming back to a class, before anything was trained on it again; 'remembered': after each visit of the last cycle, on the nine other classes; 'before': on the class trained on just before.`,
      ],
      findings: [
        {
          claim: "I1",
          paper: "without InfoMax very low accuracy when the class changes; here: kept is below learned",
          here: `kept ${show("plain", "kept")} %, learned ${show("plain", "learned")} %`,
          verdict: judge(lower(of("plain", "kept"), of("plain", "learned"))),
        },
        {
          claim: "I2",
          paper: "with InfoMax it remembers all prior classes; here: more than without, and above chance",
          here: `remembered ${show("infomax", "remembered")} % against ${show("plain", "remembered")} %`,
          verdict: iterations < PAPER_ITERATIONS ? soShort(remembers) : remembers,
        },
      ],
      tables: [
        {
          title: "Balanced accuracy, a mean over classes, %",
          head: ["method", ...Object.keys(MEASURES)],
          rows: CASES.filter(({ name }) => results.of(name).length > 0).map(({ name }) => [
            name,
            ...Object.keys(MEASURES).map((which) => show(name, which as keyof typeof MEASURES)),
          ]),
        },
      ],
      pictures: picturesOf(results),
      notes: [
        `A network that says yes to the class just trained on, and to it alone, has ${LAST_ALONE.toFixed(1)} % on the nine others: none of the class asked about, and eight ninths of the rest. As long as one output answers for whichever class is at hand, the labels ask for just that, and no objective beside them can ask for more; the text does not say how its network is told which class is meant.`,
      ],
    };
  },
});
