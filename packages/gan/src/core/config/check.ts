import { UsageError } from "../base/errors.js";
import { isObject, merge } from "../base/json.js";
import { validate } from "../base/validate.js";
import { CONFIG_VERSION } from "../base/versions.js";
import { takeOlder, translate } from "./olderForms.js";
import { type Config, configSchema } from "./schema.js";

/**
 * Checks what a configuration is made of, older forms too, but for the options of its networks and terms: validateConfig() has them
 * checked by whom they belong to.
 * @throws UsageError
 */
export function checkConfig(value: unknown): Config {
  const version = isObject(value) ? value.version : undefined;
  if (typeof version === "number" && version > CONFIG_VERSION)
    throw new UsageError(
      `version: the configuration is of version ${version}, and this Gantry knows those up to ${CONFIG_VERSION}; update Gantry to read it`,
    );
  const { rest, words } = takeOlder(withOptimizers(value));
  return translate(validate(configSchema, rest, ""), words);
}

/** Every player's optimizer laid upon the default one, so that a player's may name no more than what differs. */
function withOptimizers(value: unknown): unknown {
  if (!isObject(value) || !isObject(value.optimizers) || !isObject(value.optimizers.default)) return value;
  const { default: common, ...players } = value.optimizers;
  const commons = Object.fromEntries(Object.keys(players).map((player) => [player, common]));
  return { ...value, optimizers: { default: common, ...merge(commons, players) } };
}
