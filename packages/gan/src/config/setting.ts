import { UsageError } from "../errors.js";
import type { Json, JsonObject } from "./merge.js";

/** A word of the command line as a value: JSON where it is JSON (numbers, true, null, [..]), else the text itself. */
export function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/**
 * `schedule.discriminatorSteps=5` as `{ schedule: { discriminatorSteps: 5 } }`.
 * @throws UsageError when there is no `=` or a part of the path is empty
 */
export function parseSetting(text: string): JsonObject {
  const equals = text.indexOf("=");
  const path = equals < 0 ? [] : text.slice(0, equals).split(".");
  if (path.length === 0 || path.includes("")) {
    throw new UsageError(`'${text}' is not a setting; write path=value, as schedule.discriminatorSteps=5`);
  }
  return path.reduceRight<Json>(
    (value, key) => ({ [key]: value }),
    parseValue(text.slice(equals + 1)),
  ) as JsonObject;
}

/**
 * A term as written after --with: `infomax:alpha=0.2,beta=0.2`, options after the colon.
 * @throws UsageError for an option without `=`
 */
export function parseTerm(text: string): { name: string; options: JsonObject } {
  const colon = text.indexOf(":");
  if (colon < 0) return { name: text, options: {} };
  const name = text.slice(0, colon);
  const options: Record<string, Json> = {};
  for (const part of text.slice(colon + 1).split(",")) {
    const equals = part.indexOf("=");
    if (equals <= 0)
      throw new UsageError(`--with ${text}: '${part}' is not an option; write ${name}:key=value,key=value`);
    options[part.slice(0, equals)] = parseValue(part.slice(equals + 1));
  }
  return { name, options };
}
