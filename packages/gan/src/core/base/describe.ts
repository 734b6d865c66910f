import { z } from "zod";
import type { Json } from "./json.js";

/** One option of a term, a network family or a data set, for help texts. */
export interface OptionDescription {
  readonly name: string;
  /** What it means; empty where its name says all. */
  readonly description: string;
  /** What it takes, as `number`, `integer, at least 1`, `two or one`. */
  readonly type: string;
  /** Undefined for options without a default. */
  readonly default: Json | undefined;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Of a record: what each of its values is. */
  readonly additionalProperties?: boolean | JsonSchema;
}

/** The options that a schema describes, in its order. */
export function describeOptions(schema: z.ZodType): OptionDescription[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return Object.entries(json.properties ?? {}).map(([name, option]) => ({
    name,
    description: option.description ?? "",
    type: typeOf(option),
    default: option.default,
  }));
}

/** A type in words, all that it takes spelled out. */
function typeOf(schema: JsonSchema): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(String).join(" or ");
  if (choices !== undefined) {
    const constants = choices.filter((each) => !isSchedule(each)).map(typeOf);
    const schedule = choices.some(isSchedule) ? ", or a schedule as 1..0@100epochs" : "";
    return [...new Set(constants)].join(" or ") + schedule;
  }
  if (schema.allOf !== undefined) return schema.allOf.map(typeOf).join(" and ");
  // Zod writes a nullable text as the types of one schema, and a nullable number as a choice.
  if (Array.isArray(schema.type))
    return schema.type.map((type: string) => typeOf({ ...schema, type })).join(" or ");
  if (schema.type === "array") {
    const items =
      schema.prefixItems?.map(typeOf).join(", ") ?? `${schema.items ? typeOf(schema.items) : "value"}, ...`;
    return `[${items}]`;
  }
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "string") return "text";
  if (schema.type === "null") return "null";
  if (schema.type === "number" || schema.type === "integer") {
    return [schema.type === "integer" ? "whole number" : "number", ...bounds(schema)].join(", ");
  }
  if (schema.type === "object") return objectType(schema);
  return "any value";
}

/** `{kind: "linear", end: number}`, or by name for a record. */
function objectType({ properties = {}, additionalProperties }: JsonSchema): string {
  const parts = Object.entries(properties).map(([name, value]) => `${name}: ${typeOf(value)}`);
  if (typeof additionalProperties === "object") {
    const any = Object.keys(additionalProperties).length === 0;
    parts.push(`NAME: ${any ? "any value" : typeOf(additionalProperties)}`);
  }
  return `{${parts.join("; ")}}`;
}

const isSchedule = ({ properties }: JsonSchema) =>
  properties?.from !== undefined && properties.over !== undefined;

function bounds(schema: JsonSchema): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  // Zod states the range of safe integers, which tells nobody anything.
  const told = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const words: string[] = [];
  if (told(minimum)) words.push(`at least ${minimum}`);
  if (told(exclusiveMinimum)) words.push(`above ${exclusiveMinimum}`);
  if (told(maximum)) words.push(`at most ${maximum}`);
  if (told(exclusiveMaximum)) words.push(`below ${exclusiveMaximum}`);
  return words;
}
