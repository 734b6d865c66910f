import type { Graph } from "../graph.js";
import type { CallReader, Translation, Translations } from "../reader.js";

const matmul =
  (first: string, second: string): Translation =>
  (call, graph) =>
    graph.emit("MatMul", [call.tensor(first), call.tensor(second)]);

/** beta * self + alpha * (a b). */
const addedProduct =
  (first: string, second: string): Translation =>
  (call, graph) => {
    const by = (value: string, name: string) =>
      call.amount(name, 1) === 1
        ? value
        : graph.emit("Mul", [value, graph.number(call.amount(name), call.output.dtype)]);
    const product = graph.emit("MatMul", [call.tensor(first), call.tensor(second)]);
    return graph.emit("Add", [by(call.tensor("self"), "beta"), by(product, "alpha")]);
  };

function linear(call: CallReader, graph: Graph): string {
  const [input, weight, bias] = [call.tensor("input"), call.tensor("weight"), call.optional("bias")];
  if (call.shape("input").length === 2) {
    const product = graph.emit("Gemm", [input, weight, ...(bias === undefined ? [] : [bias])], { transB: 1 });
    graph.weighted(product, 0, 1);
    return product;
  }
  const product = graph.emit("MatMul", [input, graph.emit("Transpose", [weight], { perm: [1, 0] })]);
  return bias === undefined ? product : graph.emit("Add", [product, bias]);
}

/** Top, left, bottom, right: ONNX's order and, where all four are given, Gantry's. */
function padding(call: CallReader): number[] {
  const given = call.numbers("padding", 2, 0);
  return given.length === 4 ? given : [...given, ...given];
}

const convolved =
  (isTransposed: (call: CallReader) => boolean): Translation =>
  (call, graph) => {
    const transposed = isTransposed(call);
    const group = call.number("groups", 1);
    const inputs = [call.tensor("input"), call.tensor("weight"), call.optional("bias")];
    const made = graph.emit(transposed ? "ConvTranspose" : "Conv", inputs, {
      group,
      pads: padding(call),
      strides: call.numbers("stride", 2, 1),
      dilations: call.numbers("dilation", 2, 1),
      kernel_shape: [call.size("weight", 2), call.size("weight", 3)],
      ...(transposed ? { output_padding: call.numbers("output_padding", 2, 0) } : {}),
    });
    graph.weighted(made, transposed ? 1 : 0, group);
    return made;
  };

/** The largest of `pieces` numbers that lie one after the other. */
const maxout: Translation = (call, graph) => {
  const shape = call.output.shape;
  const apart = graph.reshape(linear(call, graph), [...shape, call.number("pieces")]);
  return graph.emit("ReduceMax", [apart, graph.integers([shape.length])], { keepdims: 0 });
};

export const products: Translations = {
  linear,
  matmul: matmul("self", "other"),
  mm: matmul("self", "mat2"),
  bmm: matmul("self", "mat2"),
  mv: matmul("self", "vec"),
  dot: matmul("self", "tensor"),
  outer: (call, graph) =>
    graph.emit("Mul", [
      graph.emit("Unsqueeze", [call.tensor("self"), graph.integers([1])]),
      call.tensor("vec2"),
    ]),
  addmm: addedProduct("mat1", "mat2"),
  addmv: addedProduct("mat", "vec"),
  baddbmm: addedProduct("batch1", "batch2"),
  conv2d: convolved(() => false),
  conv_transpose2d: convolved(() => true),
  convolution: convolved((call) => call.flag("transposed")),
  maxout_linear: maxout,
};
