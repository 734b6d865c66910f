import {
  type Done,
  isDone,
  markdownTable,
  type Outcome,
  showSpread,
  spread,
  standardErrorsApart,
  textTable,
} from "@gantry/gan/sweep";
import type { StudyReport } from "../engine/study.js";
import type { Result, Work } from "./measure.js";
import { type Method, methods } from "./methods.js";

/** Standard errors beyond which a score is another one. */
const SEEN = 3;

/** What is said of a method beside none. */
function words(own: readonly number[], none: readonly number[]): string {
  const apart = standardErrorsApart(spread(own), spread(none));
  if (apart === undefined) return "one seed";
  return Math.abs(apart) <= SEEN ? "undecided" : apart < 0 ? "better" : "worse";
}

/** A table over methods: FID halfway and at the end, mean and deviation over seeds, and a row of samples of each. */
export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const done = outcomes.filter(isDone);
  const of = (method: string): Done<Result>[] =>
    done.filter(({ cell }) => cell.method === method).sort((a, b) => a.cell.seed - b.cell.seed);
  const fids = (method: string, at: 0 | 1) => of(method).map(({ result }) => result.scores[at]!.fid);
  const tried = methods.filter(({ name }) => of(name).length > 0);
  const [half, end] = done[0]?.result.scores.map(({ iteration }) => iteration) ?? [0, 0];
  const head = ["method", "seeds", `FID at ${half}`, `FID at ${end}`, "beside none, at the end"];
  const row = ({ name, summary }: Method): string[] => [
    `${name}: ${summary}`,
    String(of(name).length),
    ...([0, 1] as const).map((at) => showSpread(spread(fids(name, at)), 1)),
    name === "none" ? "-" : words(fids(name, 1), fids("none", 1)),
  ];
  const rows = tried.map(row);
  const failed = outcomes.flatMap((outcome) =>
    outcome.status === "failed"
      ? [`${outcome.cell.method}, seed ${outcome.cell.seed}: ${outcome.reason}`]
      : [],
  );
  const pictures = new Map(
    tried.map(({ name }) => [name, new Uint8Array(Buffer.from(of(name)[0]!.result.picture, "base64"))]),
  );
  const { images, samples, config } = (done[0]?.cell.work ?? {}) as unknown as Partial<Work>;
  const settings =
    config === undefined
      ? []
      : [
          `DCGAN at 32 pixels, ${config.net.channels} channels, ${config.steps} iterations of ${config.batch}, on ${images} images of CIFAR-10. FID looks through Gantry's own classifier of CIFAR-10, ${samples} samples against test images, of which no network has seen any. "better", "worse": by more than ${SEEN} standard errors. Adaptive probabilities move ten times as fast as their papers', since trainings are short; all else is the terms' defaults, and nothing was tuned.`,
        ];
  return {
    text: [...settings, textTable(head, rows), ...failed].join("\n\n"),
    markdown: `${[
      "# Study: little data",
      "    gantry study little-data",
      ...settings,
      markdownTable(head, rows),
      ...tried.flatMap(({ name }) => [`${name}:`, `![${name}](${name}.png)`]),
      ...failed,
    ].join("\n\n")}\n`,
    data: { study: "little-data", head, rows, failed },
    pictures,
  };
}
