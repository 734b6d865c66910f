import { scope, type Tensor, torch } from "@gantry/torch";
import { type Extent, isFixed } from "../extent.js";
import type { Graph } from "../graph.js";
import type { CallReader, Translation, Translations } from "../reader.js";
import { Constant, Value } from "../sizes.js";

/** A tensor that depends on no input, in float64; `otherwise` where it is not given. */
function wide(call: CallReader, graph: Graph, name: string, otherwise: () => Tensor): Tensor {
  if (!call.has(name)) return otherwise();
  const value = call.value(name);
  if (!(value instanceof Constant)) throw graph.refuse("normalises by statistics that depend on its input");
  return value.tensor.detach().to({ dtype: "float64" });
}

/** In evaluation a scale and a shift of each channel, in what comes before where that is a convolution or a product. */
const batchNorm: Translation = (call, graph) =>
  scope(() => {
    const of = (name: string, otherwise: () => Tensor) => wide(call, graph, name, otherwise);
    if (call.flag("training") || !call.has("running_var"))
      throw graph.refuse("normalises by the batch it is given, so that its images depend on each other");
    const variance = of("running_var", () => torch.ones([1]));
    const ones = () => torch.ones(variance.shape, { dtype: "float64" });
    const scale = of("weight", ones).div(variance.add(call.number("eps")).sqrt());
    const shift = of("bias", () => ones().mul(0)).sub(of("running_mean", ones).mul(scale));
    const input = call.value("input");
    const name = graph.of(input);
    const folded = graph.folded(name, input instanceof Value && call.readAlone(input), scale, shift);
    const normal = folded ?? shifted(graph, name, call.shape("input").length, scale, shift);
    const slope = call.number("negative_slope", 1);
    if (slope === 1) return normal;
    return slope === 0
      ? graph.emit("Relu", [normal])
      : graph.emit("LeakyRelu", [normal], { alpha: { float: slope } });
  });

function shifted(graph: Graph, input: string, rank: number, scale: Tensor, shift: Tensor): string {
  const places = [-1, ...Array<number>(Math.max(0, rank - 2)).fill(1)];
  const known = (tensor: Tensor) => graph.constant(tensor.to({ dtype: "float32" }).view(places));
  return graph.emit("Add", [graph.emit("Mul", [input, known(scale)]), known(shift)]);
}

/** Multiplies by the weight and adds the bias, where they are given. */
function affine(call: CallReader, graph: Graph, value: string, places: readonly Extent[]): string {
  const spread = (name: string) => graph.reshape(call.tensor(name), places);
  const scaled = call.has("weight") ? graph.emit("Mul", [value, spread("weight")]) : value;
  return call.has("bias") ? graph.emit("Add", [scaled, spread("bias")]) : scaled;
}

/** (x - mean) / sqrt(variance + eps) over the last dimensions, from `from` on. */
function normalised(call: CallReader, graph: Graph, value: string, axes: readonly number[]): string {
  const over = (of: string) => graph.emit("ReduceMean", [of, graph.integers(axes)], { keepdims: 1 });
  const centred = graph.emit("Sub", [value, over(value)]);
  const variance = over(graph.emit("Mul", [centred, centred]));
  const deviation = graph.emit("Sqrt", [
    graph.emit("Add", [variance, graph.number(call.number("eps", 1e-5), "float32")]),
  ]);
  return graph.emit("Div", [centred, deviation]);
}

const channels = (call: CallReader) => [
  -1,
  ...call
    .shape("input")
    .slice(2)
    .map(() => 1),
];

const layerNorm: Translation = (call, graph) => {
  const shape = call.numbers("normalized_shape");
  const rank = call.shape("input").length;
  const axes = shape.map((_, i) => rank - shape.length + i);
  return affine(call, graph, normalised(call, graph, call.tensor("input"), axes), shape);
};

const instanceNorm: Translation = (call, graph) => {
  if (!call.flag("use_input_stats")) throw graph.refuse("normalises instances by running statistics");
  const axes = call.shape("input").flatMap((_, i) => (i < 2 ? [] : [i]));
  return affine(call, graph, normalised(call, graph, call.tensor("input"), axes), channels(call));
};

const groupNorm: Translation = (call, graph) => {
  const shape = call.shape("input");
  const rest = shape
    .slice(1)
    .reduce<number>((product, size) => product * (isFixed(size) ? size : Number.NaN), 1);
  const groups = call.number("num_groups");
  const apart = graph.reshape(call.tensor("input"), [shape[0] as Extent, groups, rest / groups]);
  return affine(call, graph, graph.reshape(normalised(call, graph, apart, [2]), shape), channels(call));
};

export const norms: Translations = {
  batch_norm: batchNorm,
  layer_norm: layerNorm,
  instance_norm: instanceNorm,
  group_norm: groupNorm,
};
