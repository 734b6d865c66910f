import { parseSchema, type Schema, type SchemaArgument, type SchemaType } from "../src/schema.js";

interface Entry {
  readonly schema: Schema;
  /** What finds the operator, once. */
  readonly resolve: string;
}

/** A schema name as TypeScript writes it: `linalg_qr` as `linalgQr`. */
export const camel = (name: string) => {
  const bare = name.replace(/^_+/, "");
  return bare.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
};
const parameterName = (name: string) => {
  const plain = camel(name);
  return ["var", "in", "default", "function", "with"].includes(plain) ? `${plain}_` : plain;
};

const TYPES: Record<string, string> = {
  Tensor: "Tensor",
  int: "number | bigint",
  float: "number",
  bool: "boolean",
  Scalar: "Scalar",
  str: "string",
  ScalarType: "DType",
  Layout: '"strided"',
  MemoryFormat: "MemoryFormat",
  Device: "Device",
  Generator: "RandomGenerator",
};

function typeText(type: SchemaType): string {
  const base = type.base === "int" && !type.list ? "number" : TYPES[type.base];
  if (base === undefined) throw new Error(`no TypeScript type for '${type.base}'`);
  if (!type.list) return base;
  const element = type.base === "int" ? "number" : base;
  const inner = type.optionalElements ? `(${element} | null)` : element;
  return type.fixed ? `readonly ${inner}[] | ${inner}` : `readonly ${inner}[]`;
}

/** How one argument is handed to the native call. */
function passed(argument: SchemaArgument, source: string): string {
  const { type } = argument;
  const absent = type.optional || argument.hasDefault || argument.keywordOnly;
  if (type.base === "Tensor" && type.list) {
    if (type.optionalElements) return `optionalHandles(${source})`;
    return `handles(${source})`;
  }
  if (type.base === "Tensor" || type.base === "Generator")
    return absent ? `${source}?.handle` : `${source}.handle`;
  return source;
}

/** Arguments nobody passes from TypeScript: they keep the schema's default. */
const HIDDEN = new Set(["layout", "pin_memory", "non_blocking", "out"]);

function signature(
  entry: Entry,
  alternative: Entry | undefined,
): { parameters: string; pass: (e: Entry) => string[]; differing: string | undefined } {
  const { schema } = entry;
  const isMethod =
    schema.arguments[0]?.name === "self" &&
    schema.arguments[0].type.base === "Tensor" &&
    !schema.arguments[0].type.list;
  const visible = schema.arguments.filter((a, i) => !(i === 0 && isMethod) && !HIDDEN.has(a.name));
  const isOptional = (a: SchemaArgument) => a.hasDefault || a.type.optional;
  // Keyword-only arguments, and booleans after them, travel in one options object.
  const positional = visible.filter((a) => !a.keywordOnly);
  const keywords = visible.filter((a) => a.keywordOnly);
  let differing: string | undefined;
  const parameters = positional.map((a, i) => {
    const laterRequired = positional.slice(i + 1).some((b) => !isOptional(b));
    let type = typeText(a.type);
    const other = alternative?.schema.arguments.find((b) => b.name === a.name);
    if (other !== undefined && other.type.base !== a.type.base) {
      differing = a.name;
      type = `${type} | Scalar`;
    }
    const nullable = a.type.optional ? " | null" : "";
    if (!isOptional(a)) return `${parameterName(a.name)}: ${type}`;
    return laterRequired
      ? `${parameterName(a.name)}: ${type}${nullable} | undefined`
      : `${parameterName(a.name)}?: ${type}${nullable} | undefined`;
  });
  if (keywords.length > 0) {
    const fields = keywords.map((a) => `${parameterName(a.name)}?: ${typeText(a.type)} | undefined`);
    const required = keywords.some((a) => !isOptional(a) && a.name !== "generator");
    parameters.push(`options${required ? "" : "?"}: { ${fields.join("; ")} }`);
  }
  const pass = (e: Entry) => {
    const values = e.schema.arguments.map((a, i) => {
      if (i === 0 && isMethod) return "this.handle";
      if (HIDDEN.has(a.name)) return "undefined";
      const named = entry.schema.arguments.find((b) => b.name === a.name);
      if (named === undefined) return "undefined";
      // A scalar overload may take positionally what the tensor overload takes by keyword.
      const source = named.keywordOnly ? `options?.${parameterName(a.name)}` : parameterName(a.name);
      const cast =
        a.name === differing
          ? a.type.base === "Tensor"
            ? `(${source} as Tensor)`
            : `(${source} as Scalar)`
          : source;
      return passed({ ...a, keywordOnly: named.keywordOnly }, cast);
    });
    while (values.at(-1) === "undefined") values.pop();
    return values;
  };
  return { parameters: parameters.join(", "), pass, differing };
}

function returnShape(schema: Schema): { type: string; wrap: (call: string) => string } {
  const [first] = schema.returns;
  const selfWritten =
    schema.returns.length === 1 && (first?.written ?? false) && schema.arguments[0]?.type.written === true;
  if (selfWritten) return { type: "this", wrap: (call) => `${call}; return this` };
  if (schema.returns.length === 0) return { type: "void", wrap: (call) => call };
  if (schema.returns.length === 1 && first !== undefined) {
    if (first.base === "Tensor") {
      return first.list
        ? { type: "Tensor[]", wrap: (call) => `return wrapAll(${call})` }
        : { type: "Tensor", wrap: (call) => `return wrap(${call})` };
    }
    return { type: typeText(first), wrap: (call) => `return ${call} as ${typeText(first)}` };
  }
  return {
    type: `[${schema.returns.map(() => "Tensor").join(", ")}]`,
    wrap: (call) => `return wrapAll(${call}) as never`,
  };
}

/**
 * The text of `src/ops_gen.ts`: a line an operator, so that one more is one line more.
 * @param lines the lines of operators.ts
 * @param schemasOf every schema of an operator name, as LibTorch prints them
 * @param version LibTorch's version, named in the first line
 */
export function generate(lines: string, schemasOf: (name: string) => string[], version: string): string {
  const groups = new Map<string, Entry[]>();
  for (const line of lines.split("\n")) {
    const [full, alias] = line.trim().split(/\s+/);
    if (full === undefined || full === "") continue;
    const [name = "", overload = ""] = full.split(".");
    const text = schemasOf(name).find((candidate) => candidate.startsWith(`${full}(`));
    if (text === undefined) throw new Error(`LibTorch ${version} has no operator ${full}`);
    const schema = parseSchema(text);
    const key = alias ?? camel(name.split("::")[1] ?? name);
    const resolve = `resolve(${JSON.stringify(name)}, ${JSON.stringify(overload)})`;
    groups.set(key, [...(groups.get(key) ?? []), { schema, resolve }]);
  }
  const methods: string[] = [];
  const functions: string[] = [];
  for (const [key, entries] of groups) {
    const [entry, alternative] = entries;
    if (entry === undefined || entries.length > 2)
      throw new Error(`${key}: at most two overloads share a name`);
    const { parameters, pass, differing } = signature(entry, alternative);
    if (alternative !== undefined && differing === undefined)
      throw new Error(`${key}: the overloads do not differ in one argument`);
    const { type, wrap } = returnShape(entry.schema);
    const isMethod =
      entry.schema.arguments[0]?.name === "self" &&
      entry.schema.arguments[0].type.base === "Tensor" &&
      !entry.schema.arguments[0].type.list;
    const doc = `  /** \`${entries.map((e) => e.schema.text).join("` and `")}\` */`;
    const places = entries.map((_, i) => (isMethod ? `TensorMethods.#${key}${i}` : `op${i}`));
    const call = (e: Entry, i: number) => `call(${[places[i], ...pass(e)].join(", ")})`;
    const body = wrap(
      alternative === undefined
        ? call(entry, 0)
        : `typeof ${parameterName(differing ?? "")} === "object" ? ${call(entry, 0)} : ${call(alternative, 1)}`,
    );
    const resolved = entries.map((e) => e.resolve);
    if (isMethod) {
      const fields = resolved.map((text, i) => `static readonly #${key}${i} = ${text};`).join(" ");
      methods.push(`  ${fields}${doc} ${key}(${parameters}): ${type} { ${body}; }`);
    } else {
      const given = entries.map((_, i) => `op${i}: number`).join(", ");
      functions.push(
        `${doc} ${key}: ((${given}) => (${parameters}): ${type} => { ${body}; })(${resolved.join(", ")}),`,
      );
    }
  }
  return `// Generated by \`npm run codegen\` from the schemas of LibTorch ${version}; edit codegen/operators.ts, not this file.
import { call, handles, optionalHandles, resolve, wrap, wrapAll } from "./runtime.js";
import type { RandomGenerator } from "./random.js";
import type { Tensor } from "./tensor.js";
import type { Device, DType, MemoryFormat, Scalar } from "./types.js";

/** The operators whose first argument is the tensor itself. */
export abstract class TensorMethods {
  /** This tensor's place in the native table; 0 once freed. */
  abstract handle: number;

${methods.join("\n")}
}

/** The operators that make tensors or take several. */
export const functions = {
${functions.join("\n")}
};
`;
}
