// `kill -9` at random moments of a training and its resumes, without and with evaluations beside it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseSetting, resolveConfig } from "../../packages/gan/dist/index.js";
import { killRepeatedly } from "../../packages/gan/dist/testing/killing.js";

const SETTINGS = [
  "net.generatorHidden=[16]",
  "net.discriminatorHidden=[16]",
  "data.count=2000",
  "batch=16",
  "samples=4",
  "threads=1",
  "average={}",
  "intervals.checkpoint=5",
  "intervals.sample=1000",
  "intervals.log=3",
];

export async function killed(folder, count, random, say) {
  const evaluated = Math.max(1, Math.round(count / 4));
  const parts = [
    ["`kill -9` of a training and its resumes", count - evaluated, []],
    ["`kill -9` while it is evaluated", evaluated, ["evaluation.every=40", "evaluation.samples=5000"]],
  ];
  return await Promise.all(
    parts
      .filter(([, kills]) => kills > 0)
      .map(async ([what, kills, settings], part) => {
        const all = [...SETTINGS, `steps=${40 * kills}`, ...settings];
        const config = await resolveConfig({
          recipe: "gan",
          preset: "small",
          settings: all.map(parseSetting),
        });
        const place = join(folder, `${part}`);
        mkdirSync(place);
        const report = await killRepeatedly(config, place, kills, random, (kill, iteration) =>
          say(`${what}: ${kill} of ${kills}, goes on at iteration ${iteration}`),
        );
        const { unborn, early, later } = report.moments;
        return {
          what: `${what} (${unborn} before there was a run, ${early} before its first checkpoint, ${later} later; ${report.torn} in the middle of writing one)`,
          tries: kills,
          lost: report.different.length,
          detail: report.different.join(", "),
        };
      }),
  );
}
