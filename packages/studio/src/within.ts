/**
 * Waits for something, but not for longer than so many milliseconds: it goes on by itself.
 * @param patience may be infinite
 */
export async function within(work: Promise<unknown>, patience: number): Promise<void> {
  if (patience === Number.POSITIVE_INFINITY) {
    await work;
    return;
  }
  // What it fails with later, the next one to wait is told.
  work.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
