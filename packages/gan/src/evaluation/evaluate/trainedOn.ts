import { type DataContext, type Dataset, isPoints, openDataset } from "../../core/data/index.js";
import type { Reference } from "./request.js";
import type { RunData, Side } from "./side.js";

/** Whether a side is of a run that was trained on a data set: by its name or path and options. */
export async function isTrainedOn(
  { trainedOn, kind }: Side & { readonly trainedOn?: RunData },
  reference: Reference,
  context: DataContext,
): Promise<boolean> {
  if (trainedOn === undefined || reference.kind !== "data") return false;
  if (trainedOn.spec === reference.spec) return true;
  // Points are computed, so that what both are made of can be looked at.
  if (kind !== "points") return false;
  const [own, other] = await Promise.all(
    [trainedOn.spec, reference.spec].map((spec) => openDataset(spec, { ...context, onNotice: () => {} })),
  );
  const modes = modesOf(own);
  return own?.digest === other?.digest || (modes !== undefined && modes === modesOf(other));
}

const modesOf = (dataset: Dataset | undefined): string | undefined =>
  dataset !== undefined && isPoints(dataset) ? JSON.stringify(dataset.modes) : undefined;
