import type { Config } from "./schema.js";

/** A configuration but for where it is computed, which says nothing of what is trained: threads, and which device of its kind. */
export function withoutPlace({ threads: _, device, ...rest }: Config): Omit<Config, "threads"> {
  return { ...rest, device: device.replace(/:\d+$/, "") };
}
