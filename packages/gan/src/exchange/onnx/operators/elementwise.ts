import type { DType } from "@gantry/torch";
import type { Graph } from "../graph.js";
import type { CallReader, Translation, Translations } from "../reader.js";
import { Constant, Value } from "../sizes.js";

/** Operators of one tensor that ONNX has under another name. */
const SAME = {
  neg: "Neg",
  abs: "Abs",
  sign: "Sign",
  exp: "Exp",
  log: "Log",
  sqrt: "Sqrt",
  reciprocal: "Reciprocal",
  sin: "Sin",
  cos: "Cos",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  relu: "Relu",
  floor: "Floor",
  ceil: "Ceil",
  round: "Round",
  isnan: "IsNaN",
} as const;

const self = (call: CallReader) => call.as("self", call.output.dtype);

/** Two tensors, or a tensor and a number, of the output's type. */
function sides(
  call: CallReader,
  graph: Graph,
  dtype: DType = call.output.dtype,
  other = "other",
): [string, string] {
  const second = isTensor(call, other) ? call.as(other, dtype) : graph.number(call.amount(other), dtype);
  return [call.as("self", dtype), second];
}

function isTensor(call: CallReader, name: string): boolean {
  const given = call.given(name);
  return given instanceof Value || given instanceof Constant;
}

/** The type in which two sides are compared. */
function comparedType(call: CallReader): DType {
  const own = call.value("self").dtype;
  if (own.startsWith("float")) return own;
  if (isTensor(call, "other")) {
    const other = call.value("other").dtype;
    return own === "bool" || other.startsWith("float") ? other : own;
  }
  return Number.isInteger(call.amount("other")) && own !== "bool" ? own : "float32";
}

const compared =
  (operator: string, not = false): Translation =>
  (call, graph) => {
    const result = graph.emit(operator, sides(call, graph, comparedType(call)));
    return not ? graph.emit("Not", [result]) : result;
  };

const combined =
  (operator: string, swapped = false): Translation =>
  (call, graph) => {
    const [first, second] = sides(call, graph);
    const scaled = call.has("alpha") && call.amount("alpha") !== 1;
    const { dtype } = call.output;
    // Of rsub, alpha is of the first.
    const by = (value: string) =>
      scaled ? graph.emit("Mul", [value, graph.number(call.amount("alpha"), dtype)]) : value;
    return swapped ? graph.emit(operator, [second, by(first)]) : graph.emit(operator, [first, by(second)]);
  };

const clipped =
  (low: string | undefined, high: string | undefined): Translation =>
  (call, graph) => {
    const { dtype } = call.output;
    const bound = (name: string | undefined, byDefault?: number) =>
      name !== undefined && (call.has(name) || byDefault !== undefined)
        ? graph.number(call.amount(name, byDefault), dtype)
        : undefined;
    const isHardtanh = low === "min_val";
    return graph.emit("Clip", [
      self(call),
      bound(low, isHardtanh ? -1 : undefined),
      bound(high, isHardtanh ? 1 : undefined),
    ]);
  };

const both =
  (operator: string): Translation =>
  (call, graph) =>
    graph.emit(operator, [call.as("self", "bool"), call.as("other", "bool")]);

/** self + value * (tensor1 op tensor2). */
const added =
  (operator: string): Translation =>
  (call, graph) => {
    const { dtype } = call.output;
    const made = graph.emit(operator, [call.as("tensor1", dtype), call.as("tensor2", dtype)]);
    const scaled = call.has("value")
      ? graph.emit("Mul", [made, graph.number(call.amount("value"), dtype)])
      : made;
    return graph.emit("Add", [self(call), scaled]);
  };

function gelu(call: CallReader, graph: Graph): string {
  const x = self(call);
  const number = (value: number) => graph.number(value, call.output.dtype);
  const mul = (a: string, b: string) => graph.emit("Mul", [a, b]);
  let share: string;
  if (call.given("approximate") === "tanh") {
    const cube = mul(mul(mul(x, x), x), number(0.044715));
    share = graph.emit("Tanh", [mul(graph.emit("Add", [x, cube]), number(Math.sqrt(2 / Math.PI)))]);
  } else share = graph.emit("Erf", [mul(x, number(Math.SQRT1_2))]);
  return mul(mul(x, number(0.5)), graph.emit("Add", [share, number(1)]));
}

export const elementwise: Translations = {
  ...Object.fromEntries(
    Object.entries(SAME).map(([name, operator]): [string, Translation] => [
      name,
      (call, graph) =>
        graph.emit(operator, [name === "isnan" ? call.tensor("self") : call.as("self", call.output.dtype)]),
    ]),
  ),
  add: combined("Add"),
  sub: combined("Sub"),
  rsub: combined("Sub", true),
  mul: combined("Mul"),
  div: combined("Div"),
  maximum: combined("Max"),
  minimum: combined("Min"),
  pow: (call, graph) => graph.emit("Pow", sides(call, graph, call.output.dtype, "exponent")),
  remainder: (call, graph) => {
    const [a, b] = sides(call, graph);
    const times = graph.emit("Floor", [graph.emit("Div", [a, b])]);
    return call.output.dtype.startsWith("int")
      ? graph.emit("Mod", [a, b])
      : graph.emit("Sub", [a, graph.emit("Mul", [times, b])]);
  },
  addcmul: added("Mul"),
  addcdiv: added("Div"),
  lerp: (call, graph) => {
    const { dtype } = call.output;
    const [start, end] = sides(call, graph, dtype, "end");
    const weight = isTensor(call, "weight")
      ? call.as("weight", dtype)
      : graph.number(call.amount("weight"), dtype);
    return graph.emit("Add", [start, graph.emit("Mul", [graph.emit("Sub", [end, start]), weight])]);
  },
  expm1: (call, graph) =>
    graph.emit("Sub", [graph.emit("Exp", [self(call)]), graph.number(1, call.output.dtype)]),
  log1p: (call, graph) =>
    graph.emit("Log", [graph.emit("Add", [self(call), graph.number(1, call.output.dtype)])]),
  rsqrt: (call, graph) => graph.emit("Reciprocal", [graph.emit("Sqrt", [self(call)])]),
  square: (call, graph) => graph.emit("Mul", [self(call), self(call)]),
  leaky_relu: (call, graph) =>
    graph.emit("LeakyRelu", [self(call)], { alpha: { float: call.number("negative_slope", 0.01) } }),
  elu: (call, graph) => {
    if (call.number("scale", 1) !== 1 || call.number("input_scale", 1) !== 1)
      throw graph.refuse("calls elu with scales");
    return graph.emit("Elu", [self(call)], { alpha: { float: call.number("alpha", 1) } });
  },
  gelu,
  silu: (call, graph) => graph.emit("Mul", [self(call), graph.emit("Sigmoid", [self(call)])]),
  // Beyond `threshold` LibTorch gives x itself, which is the same in float32 from 20 on.
  softplus: (call, graph) => {
    const beta = graph.number(call.number("beta", 1), call.output.dtype);
    return graph.emit("Div", [graph.emit("Softplus", [graph.emit("Mul", [self(call), beta])]), beta]);
  },
  log_sigmoid: (call, graph) =>
    graph.emit("Neg", [graph.emit("Softplus", [graph.emit("Neg", [self(call)])])]),
  hardtanh: clipped("min_val", "max_val"),
  clamp: clipped("min", "max"),
  clamp_min: clipped("min", undefined),
  clamp_max: clipped(undefined, "max"),
  eq: compared("Equal"),
  ne: compared("Equal", true),
  lt: compared("Less"),
  le: compared("LessOrEqual"),
  gt: compared("Greater"),
  ge: compared("GreaterOrEqual"),
  logical_not: (call, graph) => graph.emit("Not", [call.as("self", "bool")]),
  logical_and: both("And"),
  logical_or: both("Or"),
  where: (call, graph) => graph.emit("Where", [call.as("condition", "bool"), ...sides(call, graph)]),
  masked_fill: (call, graph) =>
    graph.emit("Where", [
      call.as("mask", "bool"),
      graph.number(call.amount("value"), call.output.dtype),
      self(call),
    ]),
  isfinite: (call, graph) => {
    const [nan, infinite] = [
      graph.emit("IsNaN", [call.tensor("self")]),
      graph.emit("IsInf", [call.tensor("self")]),
    ];
    return graph.emit("Not", [graph.emit("Or", [nan, infinite])]);
  },
};
