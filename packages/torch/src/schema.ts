/**
 * Reads an operator's schema as LibTorch prints it, for example
 * `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor`.
 */

export interface SchemaType {
  /** `Tensor`, `int`, `float`, `bool`, `Scalar`, `str`, `ScalarType`, `Layout`, `MemoryFormat`, `Device`, `Generator`. */
  readonly base: string;
  readonly list: boolean;
  readonly optional: boolean;
  /** `Tensor?[]`: the elements may be missing. */
  readonly optionalElements: boolean;
  /** `int[2]`: one number may stand for all. */
  readonly fixed: boolean;
  /** Written to, as `Tensor(a!)`. */
  readonly written: boolean;
}

export interface SchemaArgument {
  readonly name: string;
  readonly type: SchemaType;
  readonly hasDefault: boolean;
  readonly keywordOnly: boolean;
}

export interface Schema {
  readonly text: string;
  /** `aten::sum` */
  readonly name: string;
  readonly overload: string;
  readonly arguments: readonly SchemaArgument[];
  readonly returns: readonly SchemaType[];
}

/** Splits at commas that stand outside brackets, parentheses and quotes. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (c === "(" || c === "[") depth++;
    else if (c === ")" || c === "]") depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = text.slice(start).trim();
  if (last !== "") parts.push(last);
  return parts;
}

function parseType(text: string): SchemaType {
  const match = /^([A-Za-z]+)(\([^)]*\))?(\?)?(\[\d*\])?(\?)?$/.exec(text);
  if (match === null) throw new Error(`cannot read the type '${text}'`);
  const [, base = "", alias, first, list, last] = match;
  const isList = list !== undefined;
  return {
    base: base === "SymInt" ? "int" : base,
    list: isList,
    optional: isList ? last !== undefined : first !== undefined,
    optionalElements: isList && first !== undefined,
    fixed: isList && list !== "[]",
    written: alias?.includes("!") ?? false,
  };
}

/** @throws Error when the text is no schema. */
export function parseSchema(text: string): Schema {
  const match = /^([\w:]+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(text);
  if (match === null) throw new Error(`cannot read the schema '${text}'`);
  const [, name = "", overload = "", body = "", result = ""] = match;
  const args: SchemaArgument[] = [];
  let keywordOnly = false;
  for (const part of splitTop(body)) {
    if (part === "*") {
      keywordOnly = true;
      continue;
    }
    const equals = part.indexOf("=");
    const declaration = equals < 0 ? part : part.slice(0, equals);
    const space = declaration.lastIndexOf(" ");
    args.push({
      name: declaration.slice(space + 1),
      type: parseType(declaration.slice(0, space)),
      hasDefault: equals >= 0,
      keywordOnly,
    });
  }
  const inner = result.startsWith("(") ? result.slice(1, -1) : result;
  const returns = splitTop(inner).map((part) => parseType(part.split(" ")[0] ?? part));
  return { text, name, overload, arguments: args, returns };
}
