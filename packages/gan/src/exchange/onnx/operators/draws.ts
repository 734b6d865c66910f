import type { Graph } from "../graph.js";
import type { CallReader, Translation, Translations } from "../reader.js";

/** What is drawn is an input: the same numbers can then be given to every runtime. */
function drawn(call: CallReader, graph: Graph, distribution: "normal" | "uniform"): string {
  const name = `noise.${Object.keys(graph.draws).length}`;
  const { dtype, shape } = call.output;
  graph.draws[name] = distribution;
  return graph.input(name, dtype, shape);
}

/** from + (to - from) * x, or mean + deviation * x. */
function moved(call: CallReader, graph: Graph, value: string, scale: number, start: number): string {
  const { dtype } = call.output;
  const scaled = scale === 1 ? value : graph.emit("Mul", [value, graph.number(scale, dtype)]);
  return start === 0 ? scaled : graph.emit("Add", [scaled, graph.number(start, dtype)]);
}

const as =
  (distribution: "normal" | "uniform"): Translation =>
  (call, graph) =>
    drawn(call, graph, distribution);

export const draws: Translations = {
  randn: as("normal"),
  randn_like: as("normal"),
  rand: as("uniform"),
  rand_like: as("uniform"),
  normal_: (call, graph) =>
    moved(call, graph, drawn(call, graph, "normal"), call.number("std", 1), call.number("mean", 0)),
  uniform_: (call, graph) => {
    const [from, to] = [call.number("from", 0), call.number("to", 1)];
    return moved(call, graph, drawn(call, graph, "uniform"), to - from, from);
  },
  // In evaluation; in training it draws, and is refused.
  dropout: (call, graph) => {
    if (call.flag("train")) throw graph.refuse("drops numbers at random");
    return call.tensor("input");
  },
};
