import type { Config } from "@gantry/gan";
import type { RankWish } from "@gantry/gan/ranks";
import { summariseData } from "./dataSummary.js";
import type { Output } from "./output.js";
import { describeRanks } from "./ranks.js";
import { amount, columns, count, prettyJson } from "./render/format.js";
import { describeClasses, describeItems } from "./render/words.js";
import { defaultRunPath } from "./settings.js";
import { bfloat16Gain, countParameters, dataProgress } from "./training.js";

/** Checks a configuration to the last network and a first iteration, and prints what training by it would be. */
export async function showPlan(
  output: Output,
  config: Config,
  out: string | undefined,
  folder?: string,
  ranks: RankWish = { kind: "alone" },
): Promise<number> {
  if (ranks.kind === "member" && ranks.rank > 0) return 0;
  const { createTrainer, requireShares } = await import("@gantry/gan");
  const { refuseRun, unusedPath } = await import("@gantry/gan/run");
  const path = out ?? (await unusedPath(defaultRunPath(config, folder)));
  await refuseRun(path);
  const trainer = await createTrainer(config, dataProgress(output));
  try {
    if (ranks.kind !== "alone") requireShares(config, trainer.game, ranks.size);
    // What only shows when it is done: a batch too small for a layer, memory that does not suffice.
    for await (const _ of trainer.run(1));
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
