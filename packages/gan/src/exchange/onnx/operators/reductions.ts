import { type Extent, isFixed } from "../extent.js";
import type { Graph } from "../graph.js";
import type { CallReader, Translation, Translations } from "../reader.js";

const keeps = (call: CallReader) => (call.flag("keepdim") ? 1 : 0);

/** Over the dimensions of `dim`, or all. */
function reduce(
  graph: Graph,
  operator: string,
  value: string,
  axes: readonly number[],
  keepdims: number,
): string {
  return graph.emit(operator, [value, graph.integers(axes)], { keepdims });
}

const reduced =
  (operator: string, dim = "dim"): Translation =>
  (call, graph) =>
    reduce(graph, operator, call.as("self", call.output.dtype), call.axes(dim, "self"), keeps(call));

/** How many numbers are brought together into one. */
function together(call: CallReader, graph: Graph, axes: readonly number[]): string {
  const fixed = axes.map((axis) => call.shape("self")[axis] as Extent).filter(isFixed);
  const follows = axes.map((axis) => call.shape("self")[axis] as Extent).filter((size) => !isFixed(size));
  const product = graph.number(
    fixed.reduce((a, b) => a * b, 1),
    "float32",
  );
  return follows.reduce((count, size) => graph.emit("Mul", [count, graph.number(size, "float32")]), product);
}

function variance(call: CallReader, graph: Graph): { mean: string; variance: string } {
  const axes = call.axes("dim", "self");
  const x = call.tensor("self");
  const mean = reduce(graph, "ReduceMean", x, axes, 1);
  const centred = graph.emit("Sub", [x, mean]);
  const sum = reduce(graph, "ReduceSum", graph.emit("Mul", [centred, centred]), axes, keeps(call));
  const less = graph.number(call.number("correction", 1), "float32");
  const count = graph.emit("Max", [
    graph.emit("Sub", [together(call, graph, axes), less]),
    graph.number(0, "float32"),
  ]);
  return {
    variance: graph.emit("Div", [sum, count]),
    mean: keeps(call) === 1 ? mean : reduce(graph, "ReduceMean", x, axes, 0),
  };
}

/** The p-norm; `order` of the operator's own name for p. */
const norm =
  (order: string): Translation =>
  (call, graph) => {
    const p = call.has(order) ? call.number(order) : 2;
    const axes = call.axes("dim", "self");
    const x = call.as("self", call.output.dtype);
    const over = (operator: string, value: string) => reduce(graph, operator, value, axes, keeps(call));
    if (p === 2) return over("ReduceL2", x);
    if (p === 1) return over("ReduceL1", x);
    if (p === Number.POSITIVE_INFINITY) return over("ReduceMax", graph.emit("Abs", [x]));
    if (p <= 0 || !Number.isFinite(p)) throw graph.refuse(`calls a norm of order ${p}`);
    const power = graph.emit("Pow", [graph.emit("Abs", [x]), graph.number(p, "float32")]);
    return graph.emit("Pow", [over("ReduceSum", power), graph.number(1 / p, "float32")]);
  };

const extreme =
  (reduction: string, place: string): Translation =>
  (call, graph) => {
    const axis = call.axis("dim", "self");
    const x = call.tensor("self");
    return [
      reduce(graph, reduction, x, [axis], keeps(call)),
      graph.emit(place, [x], { axis, keepdims: keeps(call) }),
    ];
  };

const placed =
  (operator: string): Translation =>
  (call, graph) => {
    if (!call.has("dim")) {
      const flat = graph.emit("Reshape", [call.tensor("self"), graph.integers([-1])]);
      return graph.emit(operator, [flat], { axis: 0, keepdims: 0 });
    }
    return graph.emit(operator, [call.tensor("self")], {
      axis: call.axis("dim", "self"),
      keepdims: keeps(call),
    });
  };

const ordered =
  (outputs: "both" | "places"): Translation =>
  (call, graph) => {
    const axis = call.axis("dim", "self", -1);
    const size = call.shape("self")[axis] as Extent;
    const count = call.has("k") ? call.extent("k") : size;
    const largest = call.has("k") ? call.given("largest") !== false : call.flag("descending");
    const found = graph.emitAll("TopK", [call.tensor("self"), graph.extents([count])], 2, {
      axis,
      largest: largest ? 1 : 0,
    });
    return outputs === "both" ? found : (found[1] as string);
  };

/** Whether all, or any, of some truths hold. */
const truths =
  (operator: string): Translation =>
  (call, graph) => {
    const number = graph.cast(call.as("self", "bool"), "float32");
    return graph.cast(reduce(graph, operator, number, call.axes("dim", "self"), 0), "bool");
  };

const along =
  (operator: string): Translation =>
  (call, graph) =>
    graph.emit(operator, [call.as("self", call.output.dtype)], { axis: call.axis("dim", "self") });

export const reductions: Translations = {
  sum: reduced("ReduceSum"),
  mean: reduced("ReduceMean"),
  amax: reduced("ReduceMax"),
  amin: reduced("ReduceMin"),
  max: reduced("ReduceMax"),
  min: reduced("ReduceMin"),
  prod: reduced("ReduceProd"),
  logsumexp: reduced("ReduceLogSumExp"),
  var: (call, graph) => variance(call, graph).variance,
  std: (call, graph) => graph.emit("Sqrt", [variance(call, graph).variance]),
  var_mean: (call, graph) => {
    const found = variance(call, graph);
    return [found.variance, found.mean];
  },
  norm: norm("p"),
  linalg_vector_norm: norm("ord"),
  "max.dim": extreme("ReduceMax", "ArgMax"),
  "min.dim": extreme("ReduceMin", "ArgMin"),
  argmax: placed("ArgMax"),
  argmin: placed("ArgMin"),
  sort: ordered("both"),
  topk: ordered("both"),
  argsort: ordered("places"),
  all: truths("ReduceMin"),
  any: truths("ReduceMax"),
  softmax: along("Softmax"),
  log_softmax: along("LogSoftmax"),
  cumsum: (call, graph) =>
    graph.emit("CumSum", [
      call.as("self", call.output.dtype),
      graph.number(call.axis("dim", "self"), "int64"),
    ]),
};
