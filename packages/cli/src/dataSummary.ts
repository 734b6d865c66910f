import type { Dataset } from "@gantry/gan";
import type { LeftOut } from "@gantry/gan/data";

/** What a data set is, for people and for programs. */
export interface DataSummary {
  readonly name: string;
  readonly kind: "images" | "points";
  readonly count: number;
  readonly shape: readonly number[];
  /** Each with how many items it has; null where there are none. */
  readonly classes: readonly { readonly name: string; readonly count: number }[] | null;
  /** Where the classes come from: `folders`, a file's name, or the data set itself; null where there are none. */
  readonly labels: string | null;
  /** Files that did not become images, by reason. */
  readonly leftOut: readonly LeftOut[];
}

/** Reads every label once. */
export async function summariseData(dataset: Dataset): Promise<DataSummary> {
  const { countClasses } = await import("@gantry/gan/data");
  const { name, kind, count, shape, classes, leftOut, labelSource } = dataset;
  const counts = countClasses(dataset);
  return {
    name,
    kind,
    count,
    shape,
    classes: classes?.map((each, number) => ({ name: each, count: counts![number]! })) ?? null,
    labels: classes === undefined ? null : (labelSource ?? "the data set itself"),
    leftOut,
  };
}
