import { isDone, markdownTable, type Outcome, spread, textTable } from "@gantry/gan/sweep";
import type { StudyReport } from "../engine/study.js";
import type { Result, Work } from "./measure.js";

/** Accuracies of all seeds, in percent. */
const percent = (values: readonly number[]): string =>
  values.map((value) => (100 * value).toFixed(1)).join(", ");

const meanOf = (values: readonly number[]): number => spread(values).mean;

export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const done = outcomes.filter(isDone);
  const failed = outcomes.flatMap((outcome) =>
    outcome.status === "failed" ? [`seed ${outcome.cell.seed} failed: ${outcome.reason}`] : [],
  );
  const results = done.map(({ result }) => result);
  const work = done[0]?.cell.work as unknown as Work | undefined;
  const classes = results[0]?.classes ?? [];
  const rows = [
    ["all classes", percent(results.map(({ all }) => all)), ""],
    ...classes.map((name, i) => [
      name,
      percent(results.map(({ alone }) => alone[i]!)),
      percent(results.map(({ among }) => among[i]!)),
    ]),
    [
      "mean of the classes",
      percent(results.map(({ alone }) => meanOf(alone))),
      percent(results.map(({ among }) => meanOf(among))),
    ],
    [
      `one image, ${work?.copies} times (three images)`,
      percent(results.map(({ copies }) => meanOf(copies))),
      "",
    ],
  ];
  const cells = results.flatMap((result, place) =>
    classes.map((name, i) => ({ seed: done[place]!.cell.seed, name, result, i })),
  );
  const harder = cells.filter(({ result, i }) => result.alone[i]! < result.among[i]!).length;
  // Figure 3b's claim is about single classes against all.
  const above = classes.filter((_, i) => results.some(({ alone, all }) => alone[i]! >= all));
  const setting =
    work === undefined
      ? "Nothing was measured."
      : `CIFAR-10: a network learned for ${work.steps} steps of ${work.batch} training images, and was asked about test images, ` +
        `${work.each} of each class; ${results.length === 1 ? "seed" : "seeds"} ${done.map(({ cell }) => cell.seed).join(", ")}. Accuracy in percent, a number a seed.`;
  const found =
    work === undefined
      ? []
      : [
          `On as many training images of all classes: ${percent(results.map(({ train }) => train))}.`,
          `A class is solved less often alone than among all in ${harder} of ${cells.length} cases (classes and seeds).`,
          above.length === 0
            ? "No class alone reaches all classes together (figure 3b)."
            : `Figure 3b does not hold for ${above.join(", ")}: alone they reach all classes together by at least one seed.`,
        ];
  const head = ["test images", "alone", "among all"];
  return {
    text: [setting, textTable(head, rows), ...found, ...failed].join("\n\n"),
    markdown: `${[
      "# Study: contrastive-task accuracy and mode collapse",
      setting,
      markdownTable(head, rows),
      ...found,
      ...failed,
    ].join("\n\n")}\n`,
    data: {
      study: "contrastive",
      work,
      seeds: done.map(({ cell, result }) => ({ seed: cell.seed, ...result })),
      failed,
    },
    pictures: new Map(),
  };
}
