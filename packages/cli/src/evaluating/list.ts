import type { Output } from "../output.js";

/** Prints the metrics with their options, and the feature networks. */
export async function list(output: Output): Promise<number> {
  const { dataContext } = await import("@gantry/gan/data");
  const { describeOptions, metrics } = await import("@gantry/gan");
  const { featureNetworks } = await import("@gantry/gan/metrics");
  const context = dataContext();
  const known = [...(await metrics.all()).values()].map(({ name, summary, source, options }) => ({
    name,
    summary,
    source,
    options: describeOptions(options),
  }));
  const networks = await Promise.all(
    [...(await featureNetworks.all()).values()].map(async (network) => ({
      name: network.name,
      summary: network.summary,
      source: network.source,
      present: await network.isPresent(context),
    })),
  );
  if (output.json) {
    output.printJson({ metrics: known, networks });
    return 0;
  }
  const { style, columns: width } = output;
  const { columns } = await import("../render/format.js");
  output.print(style.bold("Metrics"));
  for (const { name, summary, source, options } of known) {
    output.print(columns([[name, `${summary} (${source})`]], width, style.bold));
    if (options.length > 0)
      output.print(
        columns(
          options.map((option) => [
            `    ${option.name}`,
            `${[option.type, option.description].filter((text) => text !== "").join("; ")}; default ${JSON.stringify(option.default)}`,
          ]),
          width,
          style.dim,
        ),
      );
  }
  output.print(style.bold("Feature networks"));
  output.print(
    columns(
      networks.map(({ name, summary, present }) => [
        name,
        `${summary}; ${present ? "present" : `not here: ${name.startsWith("inception") ? "gantry data fetch inception" : `gantry train-classifier ${name}`}`}`,
      ]),
      width,
      style.bold,
    ),
  );
  return 0;
}
