import { parseSchedule } from "../base/schedule.js";
import { UsageError } from "./errors.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { parseNumber } from "./number.js";

/**
 * A word of the command line as a value: a number in any decimal form, a schedule in its short form, JSON where it is JSON (true, null, [..]), else the
 * text itself.
 * @param where what it is the value of, for messages: `--steps`, `optimizers.default.betas`
 * @throws UsageError for Python's words and for a list without brackets, with the right form
 */
export function parseValue(text: string, where = ""): Json {
  const number = parseNumber(text) ?? parseSchedule(text, where);
  if (number !== undefined) return number as Json;
  let value: Json;
  try {
    value = JSON.parse(/^[[{]/.test(text) ? plainNumbers(text) : text) as Json;
  } catch {
    const meant = OTHER_FORMS.get(text);
    const shown = `${where}${where === "" ? "" : ": "}'${text}' is no value here`;
    if (meant !== undefined) throw new UsageError(`${shown}; ${meant}`);
    const parts = text.split(/\s*[,;]\s*/);
    if (
      parts.length > 1 &&
      parts.every((part) => parseNumber(part.replace(/^[([]|[)\]]$/g, "")) !== undefined)
    )
      throw new UsageError(
        `${shown}; write a list as [${parts.map((part) => part.replace(/^[([]|[)\]]$/g, "")).join(",")}], and decimals with a point`,
      );
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

/** Numbers in lists and objects in JSON's form: `[0.,.9]` as `[0,0.9]`. Strings stay as they are. */
function plainNumbers(text: string): string {
  return text.replace(/"(?:\\.|[^"\\])*"|[^\s,:[\]{}"]+/g, (token) => {
    const number = token.startsWith('"') ? undefined : parseNumber(token);
    return number === undefined ? token : String(number);
  });
}

/** What other languages write for values that have a form of their own here. */
const OTHER_FORMS: ReadonlyMap<string, string> = new Map([
  ...["None", "Null", "NULL", "nil", "undefined"].map((word) => [word, "write null"] as const),
  ...["True", "TRUE"].map((word) => [word, "write true"] as const),
  ...["False", "FALSE"].map((word) => [word, "write false"] as const),
  ...["nan", "NaN", "NAN", "inf", "-inf", "+inf", "Infinity", "-Infinity"].map(
    (word) => [word, "a number is needed"] as const,
  ),
]);

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
  return settingAt(path, parseValue(text.slice(equals + 1), path.join(".")));
}

/** A value at a path, as `["schedule", "decay"]`. */
export const settingAt = (path: readonly string[], value: Json): JsonObject =>
  path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value) as JsonObject;

/** Every value in a setting, by its path; null and lists are values. */
function leaves(value: Json | undefined, path = ""): [path: string, value: Json][] {
  if (value === undefined) return [];
  if (!isObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}

/**
 * Refuses settings of which one would silently take another's place. A null that comes first only makes room.
 * @throws UsageError where two give one path different values, or one gives a value to what the other looks into
 */
export function refuseContradictions(settings: readonly JsonObject[]): void {
  const known = new Map<string, Json>();
  for (const [path, value] of settings.flatMap((setting) => leaves(setting))) {
    const before = known.get(path);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(value))
      throw new UsageError(
        `${path} is set twice, to ${JSON.stringify(before)} and to ${JSON.stringify(value)}; set it once`,
      );
    for (const [other, set] of known) {
      const outer = path.startsWith(`${other}.`) && set !== null ? other : undefined;
      const inner = other.startsWith(`${path}.`) ? other : undefined;
      if (outer !== undefined || inner !== undefined)
        throw new UsageError(
          `${outer ?? path} is set as a whole, and ${inner ?? path} in it; set one of the two`,
        );
    }
    known.set(path, value);
  }
}

/**
 * Refuses settings of the options of terms that a composition does not have.
 * @param terms of the composition, without the settings
 * @throws UsageError
 */
export function refuseStrangeTerms(terms: JsonObject, settings: readonly JsonObject[]): void {
  for (const { terms: changed } of settings) {
    if (!isObject(changed)) continue;
    for (const [name, options] of Object.entries(changed)) {
      if (name in terms || !isObject(options) || "term" in options) continue;
      const [option] = leaves(options);
      if (option === undefined) continue;
      const [path, value] = option;
      throw new UsageError(
        `terms.${name}.${path}: the composition has no term '${name}', only ${Object.keys(terms).join(", ") || "none"}; add it by --with ${name}:${path}=${JSON.stringify(value)}`,
      );
    }
  }
}

/**
 * Options as an object.
 * @throws UsageError where one is given twice
 */
export function optionsOf(given: readonly (readonly [string, Json])[], name: string): JsonObject {
  const twice = given.find(([key], i) => given.findIndex(([other]) => other === key) !== i)?.[0];
  if (twice !== undefined) throw new UsageError(`${name}: ${twice} is given twice; give it once`);
  return Object.fromEntries(given);
}

/** A term that is added to a composition. */
export interface AddedTerm {
  /** What it goes by: its own name, or that of an instance. */
  readonly name: string;
  /** The term that it is an instance of, where `name` is not the term's own. */
  readonly term?: string | undefined;
  readonly options: JsonObject;
}

/**
 * A term as written after --with: `infomax:alpha=0.2,beta=0.2`, options after the colon; `r2=r1:stream=fake` under a name
 * of its own. Commas inside brackets, braces and quotes belong to a value.
 * @throws UsageError for an option without `=`, and for names with other than letters, digits, - and _
 */
export function parseTerm(text: string): AddedTerm {
  const colon = text.indexOf(":");
  const head = colon < 0 ? text : text.slice(0, colon);
  const equals = head.indexOf("=");
  const [name, term] = equals < 0 ? [head] : [head.slice(0, equals), head.slice(equals + 1)];
  if (name === "" || term === "")
    throw new UsageError(
      `'${text}' is not a term; write NAME or NAME:key=value,key=value, or INSTANCE=NAME:key=value`,
    );
  if (term !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name))
    throw new UsageError(
      `'${name}' is no name for a term; write letters, digits, - and _, as in r2=r1:stream=fake`,
    );
  const options =
    colon < 0
      ? {}
      : optionsOf(
          splitOutside(text.slice(colon + 1)).map((part) => parseOption(part, name)),
          name,
        );
  return term === undefined || term === name ? { name, options } : { name, term, options };
}

/**
 * `key=value` of a member of some open set.
 * @throws UsageError when there is no `=`, or nothing before it
 */
export function parseOption(part: string, name: string): [key: string, value: Json] {
  const equals = part.indexOf("=");
  if (equals <= 0) {
    const list = parseNumber(part) === undefined ? "" : "; a list is written key=[0,0.9]";
    throw new UsageError(`'${part}' is not an option; write ${name}:key=value,key=value${list}`);
  }
  const key = part.slice(0, equals);
  return [key, parseValue(part.slice(equals + 1), `${name}:${key}`)];
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
