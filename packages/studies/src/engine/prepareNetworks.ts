import { UsageError } from "@gantry/gan";
import { dataContext } from "@gantry/gan/data";
import { featureNetworks, trainClassifier } from "@gantry/gan/metrics";
import { cifar10ToLearn } from "./cifar10.js";
import type { Preparation } from "./study.js";

/**
 * Has the feature networks ready: classifiers are trained, once on a machine, and kept in Gantry's home.
 * @throws UsageError for one that is not trained but fetched, with how to get it
 */
export async function prepareNetworks(
  names: readonly string[],
  { onProgress, signal }: Omit<Preparation, "cells">,
): Promise<void> {
  const context = dataContext({ signal });
  for (const name of new Set(names)) {
    const network = await featureNetworks.get(name);
    if (await network.isPresent(context)) continue;
    if (network.standsInFor === undefined)
      throw new UsageError(
        `the weights of ${name} are not here: get them with 'gantry data fetch inception', or take the quick pace, which looks through small classifiers`,
      );
    await trainClassifier(name, {
      ...(name === "cifar10-cnn" ? await cifar10ToLearn() : {}),
      context,
      signal,
      onProgress: ({ step, steps }) =>
        onProgress({ what: `training ${name}`, done: step, total: steps, unit: "steps" }),
    });
  }
}
