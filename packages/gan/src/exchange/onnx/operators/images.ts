import { type Extent, isFixed } from "../extent.js";
import type { Graph } from "../graph.js";
import type { CallReader, Translation, Translations } from "../reader.js";

/** What Resize is told where there is no region of interest. */
const NONE = undefined;

function resize(
  call: CallReader,
  graph: Graph,
  { bilinear, corners, input = "self" }: { bilinear: boolean; corners?: boolean; input?: string },
): string {
  return graph.emit("Resize", [call.tensor(input), NONE, NONE, graph.extents(call.output.shape)], {
    mode: bilinear ? "linear" : "nearest",
    // LibTorch's nearest pixel is the one at or before the place, counted from the image's edge.
    coordinate_transformation_mode: bilinear ? (corners ? "align_corners" : "half_pixel") : "asymmetric",
    ...(bilinear ? {} : { nearest_mode: "floor" }),
  });
}

/** As large as its own window: padding, stride and window as LibTorch has them. */
function pool(call: CallReader, graph: Graph, operator: "AveragePool" | "MaxPool"): string {
  const kernel = call.numbers("kernel_size", 2);
  const pads = call.numbers("padding", 2, 0);
  const own =
    operator === "AveragePool"
      ? { count_include_pad: call.given("count_include_pad") === false ? 0 : 1 }
      : { dilations: pair(call.numbers("dilation", 2, 1)) };
  if (call.has("divisor_override")) throw graph.refuse("calls avg_pool2d with a divisor of its own");
  return graph.emit(operator, [call.tensor("self")], {
    kernel_shape: pair(kernel),
    strides: pair(call.has("stride") ? call.numbers("stride", 2) : kernel),
    pads: [...pair(pads), ...pair(pads)],
    ceil_mode: call.flag("ceil_mode") ? 1 : 0,
    ...own,
  });
}

const pair = (numbers: readonly number[]): number[] =>
  numbers.length === 1 ? [...numbers, ...numbers] : [...numbers];

const halved =
  (input: string): Translation =>
  (call, graph) =>
    graph.emit("AveragePool", [call.tensor(input)], { kernel_shape: [2, 2], strides: [2, 2] });

const adaptive: Translation = (call, graph) => {
  const output = call.output.shape.slice(-2).map((size: Extent) => (isFixed(size) ? size : 0));
  const rank = call.shape("self").length;
  const sizes = [call.size("self", rank - 2), call.size("self", rank - 1)];
  const kernel = sizes.map((size, i) => size / (output[i] as number));
  if (!kernel.every(Number.isInteger))
    throw graph.refuse(`pools ${sizes} pixels into ${output}, in windows that are not of one size`);
  return graph.emit("AveragePool", [call.tensor("self")], { kernel_shape: kernel, strides: kernel });
};

export const images: Translations = {
  upsample_nearest2d: (call, graph) => resize(call, graph, { bilinear: false }),
  upsample_bilinear2d: (call, graph) =>
    resize(call, graph, { bilinear: true, corners: call.flag("align_corners") }),
  twice: (call, graph) => resize(call, graph, { bilinear: call.flag("bilinear"), input: "images" }),
  halve: halved("images"),
  avg_pool2d: (call, graph) => pool(call, graph, "AveragePool"),
  max_pool2d: (call, graph) => pool(call, graph, "MaxPool"),
  adaptive_avg_pool2d: adaptive,
  pixel_shuffle: (call, graph) =>
    graph.emit("DepthToSpace", [call.tensor("self")], {
      blocksize: call.number("upscale_factor"),
      mode: "CRD",
    }),
  constant_pad_nd: (call, graph) => {
    // LibTorch's pairs begin with the last dimension.
    const given = call.numbers("pad");
    const rank = call.shape("self").length;
    const side = (which: 0 | 1) =>
      Array.from({ length: rank }, (_, axis) => given[2 * (rank - 1 - axis) + which] ?? 0);
    const pads = graph.integers([...side(0), ...side(1)]);
    return graph.emit("Pad", [
      call.tensor("self"),
      pads,
      graph.number(call.amount("value", 0), call.output.dtype),
    ]);
  },
};
