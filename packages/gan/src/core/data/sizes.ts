/** `2.4 GB`, `786 MB`, `12 kB`: powers of 1000, as disks are sold. */
export function sizeText(bytes: number): string {
  for (const [unit, name] of [
    [1e12, "TB"],
    [1e9, "GB"],
    [1e6, "MB"],
  ] as const)
    if (bytes >= unit) return `${(bytes / unit).toFixed(1)} ${name}`;
  return `${Math.ceil(bytes / 1000)} kB`;
}
