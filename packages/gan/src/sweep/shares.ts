/** What a machine has for trainings that run at a time. */
export interface Resources {
  readonly threads: number;
  /** Graphics processors. */
  readonly devices: number;
}

/**
 * What a process at a place finds in its environment, so that all have an equal part: threads, and a graphics processor of its
 * own where there are several.
 * @param place 0 to `jobs` - 1
 * @param outer the environment of the process that begins them: of what it was given, they get parts
 */
export function shareOf(
  place: number,
  jobs: number,
  { threads, devices }: Resources,
  outer: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const given = Number(outer.OMP_NUM_THREADS);
  const all = Number.isInteger(given) && given > 0 ? given : threads;
  const share = { OMP_NUM_THREADS: String(Math.max(1, Math.floor(all / jobs))) };
  if (devices < 2) return share;
  const visible = outer.CUDA_VISIBLE_DEVICES?.split(",").map((each) => each.trim());
  const known = visible ?? Array.from({ length: devices }, (_, i) => String(i));
  return { ...share, CUDA_VISIBLE_DEVICES: known[place % known.length] as string };
}
