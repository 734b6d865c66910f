import type { Config } from "@gantry/gan";
import type { RankWish } from "@gantry/gan/ranks";
import { summariseData } from "./dataSummary.js";
import { type Expected, expectOf } from "./expected.js";
import type { Output } from "./output.js";
import { describeRanks } from "./ranks.js";
import { amount, bytes, columns, count, duration, prettyJson, rate } from "./render/format.js";
import { describeClasses, describeItems } from "./render/words.js";
import { bfloat16Gain, countParameters, dataProgress } from "./training.js";

export interface PlanOptions {
  /** Where the run would go; undefined: the first free folder by its name. */
  readonly path: string | undefined;
  readonly named: string;
  /** Whether the batch was asked for, and is not fitted to the data. */
  readonly keepBatch: boolean;
  /** Which processes would train. */
  readonly ranks: RankWish;
}

/** Time, memory and disk, and what they are told from. */
function describeExpected(
  { iterationSeconds, seconds, memory, checkpoint, disk }: Expected,
  { evaluation, keep }: Config,
): (readonly [string, string])[] {
  const without = evaluation === null ? "" : ", evaluations not counted";
  return [
    [
      "time",
      `${duration(seconds)}: one iteration, measured now, took ${rate(1000 * iterationSeconds)} ms${without}`,
    ],
    ["memory", `${bytes(memory)} at most so far`],
    [
      "disk",
      `${bytes(disk)}: ${amount(keep, "checkpoints")} of ${bytes(checkpoint)} and the next one; pictures and logs are small`,
    ],
  ];
}

/** Checks a configuration to the last network and two iterations, and prints what training by it would be. */
export async function showPlan(
  output: Output,
  asked: Config,
  { path: given, named, keepBatch, ranks }: PlanOptions,
): Promise<number> {
  if (ranks.kind === "member" && ranks.rank > 0) return 0;
  const { createTrainer, fitToData, requireShares } = await import("@gantry/gan");
  const { refuseRun, unusedPath } = await import("@gantry/gan/run");
  const context = dataProgress(output);
  const { config, dataset: opened } = await fitToData(asked, context, { keepBatch });
  const path = given ?? (await unusedPath(named));
  await refuseRun(path);
  const trainer = await createTrainer(config, context, opened);
  try {
    if (ranks.kind !== "alone") requireShares(config, trainer.game, ranks.size);
    const expected = await expectOf(trainer);
    const { dataset, game } = trainer;
    const parameters = countParameters({ trainer });
    const phases = game.phases.map(({ name, update, steps, real }) => ({ name, update, steps, real }));
    const gain =
      config.precision === "bfloat16" && config.device === "cpu" ? await bfloat16Gain() : undefined;
    const data = await summariseData(dataset);
    const processes = describeRanks(ranks, config.batch, dataset.kind === "points" ? "points" : "images");
    if (output.json) {
      output.printJson({
        event: "plan",
        run: path,
        data,
        parameters,
        phases,
        expected,
        bfloat16: gain?.ratio,
        processes,
        config,
      });
      return 0;
    }
    const schedule = phases.map(
      ({ update, steps }) => `${update.flat().join(" and ")}${steps === 1 ? "" : ` ${steps} times`}`,
    );
    output.print(
      columns(
        [
          ["run", path],
          ["data", `${dataset.name}: ${describeItems(dataset)}`],
          ...[describeClasses(data, Number.POSITIVE_INFINITY)].flatMap((line) =>
            line === undefined ? [] : [["classes", line] as const],
          ),
          ...Object.entries(parameters).map(([name, size]) => {
            const encoder =
              name === "encoder" ? `, the ${config.net.family} family's, ${game.encoderKind}` : "";
            return [name, `${amount(size, "parameters")}${encoder}`] as const;
          }),
          ["iteration", schedule.join(", then ")],
          ["iterations", count(config.steps)],
          ...describeExpected(expected, config),
          ...(processes === undefined ? [] : [["processes", processes] as const]),
        ],
        output.columns,
        output.style.dim,
      ),
    );
    if (gain?.line !== undefined) output.print(gain.line);
    output.print(prettyJson(config));
    return 0;
  } finally {
    await trainer.close();
  }
}
