// Every operator Gantry uses, with arguments that it accepts: for tests that go through all of them.
import { camel } from "../../codegen/generate.js";
import { operators } from "../../codegen/operators.js";
import { native } from "../native.js";
import { parseSchema, type Schema, type SchemaArgument } from "../schema.js";
import { examples, type Make } from "./examples.js";

export interface Operator {
  readonly schema: Schema;
  readonly index: number;
  /** Name of the typed method or function. */
  readonly key: string;
  /** The schema whose arguments the typed method takes: the first of two overloads that share it. */
  readonly front: Schema;
}

/** A value the operator is likely to accept. */
function usual(argument: SchemaArgument, make: Make): unknown {
  const { type, name } = argument;
  if (argument.hasDefault || (type.optional && type.base !== "Tensor")) return undefined;
  switch (type.base) {
    case "Tensor":
      if (type.optional) return undefined;
      return type.list ? [make.f(3, 3), make.f(3, 3)] : make.f(3, 3);
    case "int":
      if (!type.list) return name === "k" ? 1 : 0;
      return name === "size" ? [2, 3] : [0];
    case "float":
      return 0.5;
    case "bool":
      return type.list ? [true, true, true] : false;
    case "Scalar":
      return type.list ? [2, 3] : 2;
    default:
      return undefined;
  }
}

/** Arguments by the schema's order. */
export function argumentsOf(schema: Schema, make: Make): unknown[] {
  const example = examples[schema.name]?.(make) ?? {};
  return schema.arguments.map((a) => (a.name in example ? example[a.name] : usual(a, make)));
}

export function loadOperators(): Operator[] {
  const fronts = new Map<string, Schema>();
  return operators
    .trim()
    .split("\n")
    .map((line) => {
      const [full = "", alias] = line.trim().split(/\s+/);
      const [name = "", overload = ""] = full.split(".");
      const text = native.schemas(name).find((candidate) => candidate.startsWith(`${full}(`));
      if (text === undefined) throw new Error(`no schema of ${full}`);
      const schema = parseSchema(text);
      const key = alias ?? camel(name.split("::")[1] ?? name);
      if (!fronts.has(key)) fronts.set(key, schema);
      return { schema, index: native.resolve(name, overload), key, front: fronts.get(key) ?? schema };
    });
}
