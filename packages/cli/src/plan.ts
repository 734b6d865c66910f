import type { Config } from "@gantry/gan";
import { summariseData } from "./dataSummary.js";
import type { Output } from "./output.js";
import { amount, columns, count, prettyJson } from "./render/format.js";
import { describeClasses, describeItems } from "./render/words.js";
import { defaultRunPath } from "./settings.js";
import { bfloat16Gain, countParameters, dataProgress } from "./training.js";

export interface PlanOptions {
  /** Where the run would go; undefined: a folder by its name in `folder`. */
  readonly out: string | undefined;
  readonly folder: string | undefined;
  readonly keepBatch: boolean;
}

/** Checks a configuration to the last network and a first iteration, and prints what training by it would be. */
export async function showPlan(
  output: Output,
  asked: Config,
  { out, folder, keepBatch }: PlanOptions,
): Promise<number> {
  const { createTrainer, fitToData } = await import("@gantry/gan");
  const { refuseRun, unusedPath } = await import("@gantry/gan/run");
  const context = dataProgress(output);
  const { config, dataset: opened } = await fitToData(asked, context, { keepBatch });
  const path = out ?? (await unusedPath(defaultRunPath(config, folder)));
  await refuseRun(path);
  const trainer = await createTrainer(config, context, opened);
  try {
    // What only shows when it is done: a batch too small for a layer, memory that does not suffice.
    for await (const _ of trainer.run(1));
    const { dataset, game } = trainer;
    const parameters = countParameters({ trainer });
    const phases = game.phases.map(({ name, update, steps, real }) => ({ name, update, steps, real }));
    const gain =
      config.precision === "bfloat16" && config.device === "cpu" ? await bfloat16Gain() : undefined;
    const data = await summariseData(dataset);
    if (output.json) {
      output.printJson({ event: "plan", run: path, data, parameters, phases, bfloat16: gain?.ratio, config });
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
