import { UsageError } from "../errors.js";
import type { Json, JsonObject } from "./merge.js";

/** A word of the command line as a value: JSON where it is JSON (numbers, true, null, [..]), else the text itself. */
export function parseValue(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  checkDepth(value, "a value");
  return value;
}

/** No setting is near as deep; what goes through settings calls itself for each level. */
const MOST_DEEP = 64;

/** @throws UsageError for lists and objects inside each other, more than 64 deep */
export function checkDepth(value: unknown, what: string): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_DEEP)
      throw new UsageError(`${what} has lists or objects inside each other, more than ${MOST_DEEP} deep`);
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
}

/**
 * `schedule.discriminatorSteps=5` as `{ schedule: { discriminatorSteps: 5 } }`.
 * @throws UsageError when there is no `=` or a part of the path is empty
 */
export function parseSetting(text: string): JsonObject {
  const equals = text.indexOf("=");
  const path = equals < 0 ? [] : text.slice(0, equals).split(".");
  if (path.length > MOST_DEEP)
    throw new UsageError(`a setting's path has ${path.length} parts; none has so many`);
  if (path.length === 0 || path.includes("")) {
    throw new UsageError(`'${text}' is not a setting; write path=value, as schedule.discriminatorSteps=5`);
  }
  return path.reduceRight<Json>(
    (value, key) => ({ [key]: value }),
    parseValue(text.slice(equals + 1)),
  ) as JsonObject;
}

/**
 * A term as written after --with: `infomax:alpha=0.2,beta=0.2`, options after the colon. Commas inside brackets, braces
 * and quotes belong to a value.
 * @throws UsageError for an option without `=`
 */
export function parseTerm(text: string): { name: string; options: JsonObject } {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  if (name === "") throw new UsageError(`'${text}' is not a term; write NAME or NAME:key=value,key=value`);
  if (colon < 0) return { name, options: {} };
  const options = splitOutside(text.slice(colon + 1)).map((part) => parseOption(part, name));
  return { name, options: Object.fromEntries(options) };
}

/** `key=value` of a member of some open set. @throws UsageError when there is no `=`, or nothing before it */
export function parseOption(part: string, name: string): [key: string, value: Json] {
  const equals = part.indexOf("=");
  if (equals <= 0) throw new UsageError(`'${part}' is not an option; write ${name}:key=value,key=value`);
  return [part.slice(0, equals), parseValue(part.slice(equals + 1))];
}

/** Splits at commas that are not inside brackets, braces or quotes. */
export function splitOutside(text: string): string[] {
  const parts = [""];
  let depth = 0;
  let quoted = false;
  for (const [at, character] of [...text].entries()) {
    if (character === '"' && text[at - 1] !== "\\") quoted = !quoted;
    else if (!quoted && "[{".includes(character)) depth++;
    else if (!quoted && "]}".includes(character)) depth--;
    if (character === "," && depth <= 0 && !quoted) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
