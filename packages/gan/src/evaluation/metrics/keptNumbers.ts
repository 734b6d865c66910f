import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@gantry/formats";
import type { Json } from "../../core/base/json.js";
import { cacheKey } from "../../core/data/cache.js";

/**
 * What took long to compute and is plain JSON, kept in `cache/numbers` of Gantry's home by all that it depends on. What cannot
 * be read or written is computed anew.
 * @param home nothing is kept without
 */
export async function kept<Numbers extends object>(
  identity: Readonly<Record<string, Json | object | undefined>>,
  compute: () => Promise<Numbers>,
  home: string | undefined,
): Promise<Numbers> {
  if (home === undefined) return await compute();
  const folder = join(home, "cache", "numbers");
  const file = join(folder, `${cacheKey(identity)}.json`);
  try {
    return JSON.parse(await readFile(file, "utf8")) as Numbers;
  } catch {
    const numbers = await compute();
    await mkdir(folder, { recursive: true })
      .then(() => writeFileAtomically(file, new TextEncoder().encode(JSON.stringify(numbers))))
      .catch(() => {});
    return numbers;
  }
}
