import { showSpread, spread } from "@gantry/gan/sweep";
import type { Study } from "../engine/study.js";
import type { Settings } from "../engine/table.js";
import { samplePictures } from "../engine/tablePictures.js";
import { cifar10 } from "../engine/tableSets.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { best, judge } from "../engine/verdict.js";
import { method, paper, quick } from "./settings.js";

export interface Ablation {
  readonly name: string;
  readonly summary: string;
  /** The paper's choice first. */
  readonly choices: readonly {
    readonly name: string;
    readonly summary: string;
    readonly settings: Settings;
  }[];
}

/** One choice of the paper's design against others. Ours: the text of appendix A.5 is not at hand. */
export const defineAblation = ({ name, summary, choices }: Ablation): Study =>
  defineTableStudy({
    name,
    summary,
    paper: "infomax",
    shows: "an ablation of ours for appendix A.5",
    claims: ["I21"],
    seeds: 3,
    paces: [quick, paper],
    data: [cifar10],
    rows: (pace) =>
      choices.map((choice) => ({
        name: choice.name,
        summary: choice.summary,
        ...method(pace, "infomax-gan", choice.settings),
      })),
    columns: [{ metric: "fid", title: "FID", digits: 2 }],
    findings(reading) {
      const scored = choices.map(
        (choice) => [choice.name, reading.last("cifar10", choice.name, "fid")] as const,
      );
      const [own, ...others] = scored;
      return [
        {
          claim: "I21",
          paper: `the design is justified: '${own![0]}' is the best`,
          here: scored.map(([each, fid]) => `${each}: ${showSpread(spread(fid), 2)}`).join("; "),
          verdict: judge(best(own![1], others)),
        },
      ];
    },
    pictures: (reading) => samplePictures(reading),
  });
