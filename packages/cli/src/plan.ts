import type { Config } from "@gantry/gan";
import { summariseData } from "./dataSummary.js";
import type { Output } from "./output.js";
import { amount, columns, count, prettyJson } from "./render/format.js";
import { describeClasses, describeItems } from "./render/words.js";
import { bfloat16Gain, countParameters, dataProgress } from "./training.js";

/** Checks a configuration to the last network, and prints what training by it would be. */
export async function showPlan(output: Output, config: Config, path: string): Promise<number> {
  const { RunDirectory, Trainer, UsageError } = await import("@gantry/gan");
  const taken = await RunDirectory.open(path).catch(() => undefined);
  if (taken !== undefined) throw new UsageError(`${path}: there is a run already; choose another --out`);
  const trainer = await Trainer.create(config, dataProgress(output));
  try {
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
