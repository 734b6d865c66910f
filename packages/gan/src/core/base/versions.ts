import type { JsonObject } from "./json.js";

/**
 * The version of what a configuration means, in every config.json. It goes up where a default changes, or a setting comes whose
 * default is not what was done before:
 *
 * 2: the texts' forms are the defaults of intervention, reconstruction and manifold-diffusion
 */
export const CONFIG_VERSION = 2;

/** What settings were, by the version before which they were so: `{ 2: { reduction: "mean" } }`. */
export type Before = Readonly<Record<number, JsonObject>>;

/** Options of a configuration of an older version, with what they do not say as it was then. */
export function asBefore(options: JsonObject, before: Before | undefined, version: number): JsonObject {
  const missed = Object.entries(before ?? {}).filter(([changed]) => version < Number(changed));
  // Numbers come in rising order, and the oldest change that it has not seen says what was.
  return Object.assign({}, ...missed.map(([, settings]) => settings).reverse(), options) as JsonObject;
}
