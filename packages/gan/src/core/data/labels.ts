/** Classes that have items, numbered anew in their order, and the labels to fit. */
export function dropEmptyClasses(
  classes: readonly string[] | undefined,
  labels: Int32Array,
): { readonly classes: readonly string[] | undefined; readonly labels: Int32Array | undefined } {
  if (classes === undefined) return { classes: undefined, labels: undefined };
  const used = new Set(labels);
  if (used.size === classes.length) return { classes, labels };
  const kept = classes.map((_, number) => number).filter((number) => used.has(number));
  const renumbered = new Map(kept.map((number, place) => [number, place]));
  return {
    classes: kept.map((number) => classes[number]!),
    labels: labels.map((label) => renumbered.get(label)!),
  };
}
