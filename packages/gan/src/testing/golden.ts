// Golden files: what others' code computed, beside the scripts that had it compute them.
import { readFileSync } from "node:fs";

/**
 * A golden file's content.
 * @param path below `golden`
 */
export function readGolden<T>(path: string): T {
  return JSON.parse(readFileSync(goldenUrl(path), "utf8")) as T;
}

/**
 * Tests run from `dist`; the files stay in `golden`.
 * @param path below `golden`
 */
export function goldenUrl(path: string): URL {
  return new URL(`../../golden/${path}`, import.meta.url);
}
