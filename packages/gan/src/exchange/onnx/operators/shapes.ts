import { type Extent, isFixed, plus, sameExtent } from "../extent.js";
import type { Graph } from "../graph.js";
import type { CallReader, Translation, Translations } from "../reader.js";

/** As it is: in a graph memory is nobody's. */
const unchanged: Translation = (call) => call.tensor("self");

/** Everything that keeps the numbers and their order. */
const reshaped: Translation = (call, graph) => graph.reshape(call.tensor("self"), call.output.shape);

const converted: Translation = (call) => call.as("self", call.output.dtype);

const expanded: Translation = (call, graph) => {
  // A size of 1 leaves a dimension as it is.
  const own = call.shape("self");
  const sizes = call.output.shape;
  const missing = sizes.length - own.length;
  const wanted = sizes.map((size, i) => (i >= missing && sameExtent(own[i - missing]!, size) ? 1 : size));
  return graph.emit("Expand", [call.tensor("self"), graph.extents(wanted)]);
};

function permuted(call: CallReader, graph: Graph, change: (order: number[]) => number[]): string {
  const perm = change(call.shape("self").map((_, i) => i));
  return graph.emit("Transpose", [call.tensor("self")], { perm });
}

/** Where it lies from the front, of a place that may be counted from the end. */
const fromFront = (place: Extent, size: Extent): Extent =>
  isFixed(place) && place < 0 ? plus(size, place) : place;

/** Parts of a tensor, one after the other along a dimension. */
const parts: Translation = (call, graph) => {
  const axis = call.axis("dim", "self");
  let from: Extent = 0;
  return call.outputs.map((output) => {
    const length = output.shape[axis] as Extent;
    const part = graph.slice(call.tensor("self"), axis, from, length);
    from = plus(from, length);
    return part;
  });
};

const unbound: Translation = (call, graph) => {
  const axis = call.axis("dim", "self");
  return call.outputs.map((output, i) =>
    graph.reshape(graph.slice(call.tensor("self"), axis, i, 1), output.shape),
  );
};

const tensors = (call: CallReader, graph: Graph) => {
  const { dtype } = call.output;
  return call.list("tensors").flatMap((each) => {
    if (each === null || each.shape.join() === "0") return [];
    const name = graph.of(each);
    return [{ shape: each.shape, name: each.dtype === dtype ? name : graph.cast(name, dtype) }];
  });
};

const filled =
  (value: (call: CallReader, graph: Graph) => string): Translation =>
  (call, graph) =>
    graph.emit("Expand", [value(call, graph), graph.extents(call.output.shape)]);

export const shapes: Translations = {
  contiguous: unchanged,
  clone: unchanged,
  detach: unchanged,
  to: converted,
  _to_copy: converted,
  reshape: reshaped,
  view: reshaped,
  flatten: reshaped,
  squeeze: reshaped,
  unsqueeze: reshaped,
  expand: expanded,
  expand_as: expanded,
  t: (call, graph) => permuted(call, graph, (order) => order.reverse()),
  permute: (call, graph) => permuted(call, graph, () => call.axes("dims", "self")),
  transpose: (call, graph) =>
    permuted(call, graph, (order) => {
      const [a, b] = [call.axis("dim0", "self"), call.axis("dim1", "self")];
      return order.map((axis) => (axis === a ? b : axis === b ? a : axis));
    }),
  repeat: (call, graph) => {
    const own = call.shape("self");
    const repeats = call.extents("repeats");
    const ones = Array<Extent>(repeats.length - own.length).fill(1);
    const input =
      ones.length === 0 ? call.tensor("self") : graph.reshape(call.tensor("self"), [...ones, ...own]);
    return graph.emit("Tile", [input, graph.extents(repeats)]);
  },
  repeat_interleave: (call, graph) => {
    const own = call.shape("self");
    const axis = call.has("dim") ? call.axis("dim", "self") : 0;
    if (!call.has("dim") && own.length !== 1)
      throw graph.refuse("repeats elements of a tensor of several dimensions");
    const apart = [...own.slice(0, axis + 1), 1, ...own.slice(axis + 1)];
    const wide = apart.map((_, i) => (i === axis + 1 ? call.extent("repeats") : 1));
    return graph.reshape(
      graph.emit("Expand", [graph.reshape(call.tensor("self"), apart), graph.extents(wide)]),
      call.output.shape,
    );
  },
  narrow: (call, graph) => {
    const axis = call.axis("dim", "self");
    const from = fromFront(call.extent("start"), call.shape("self")[axis] as Extent);
    return graph.slice(call.tensor("self"), axis, from, call.extent("length"));
  },
  select: (call, graph) => {
    const axis = call.axis("dim", "self");
    const from = fromFront(call.extent("index"), call.shape("self")[axis] as Extent);
    return graph.reshape(graph.slice(call.tensor("self"), axis, from, 1), call.output.shape);
  },
  slice: (call, graph) => {
    const axis = call.axis("dim", "self");
    const step = call.number("step", 1);
    const from = fromFront(call.extent("start", 0), call.shape("self")[axis] as Extent);
    const length = call.output.shape[axis] as Extent;
    if (step === 1) return graph.slice(call.tensor("self"), axis, from, length);
    if (!isFixed(length)) throw graph.refuse("takes every second image of the batch, or fewer");
    return graph.slice(call.tensor("self"), axis, from, (length - 1) * step + 1, step);
  },
  flip: (call, graph) => {
    const axes = call.axes("dims", "self");
    const all = (value: number) => graph.integers(axes.map(() => value));
    return graph.emit("Slice", [
      call.tensor("self"),
      all(-1),
      all(Number.MIN_SAFE_INTEGER),
      graph.integers(axes),
      all(-1),
    ]);
  },
  roll: (call, graph) => {
    const axes = call.numbers("dims");
    return call.numbers("shifts").reduce((value, shift, i) => {
      const axis = axes[i] as number;
      const size = call.size("self", axis < 0 ? axis + call.shape("self").length : axis);
      const cut = (((size - shift) % size) + size) % size;
      const pieces = [graph.slice(value, axis, cut, size - cut), graph.slice(value, axis, 0, cut)];
      return graph.emit("Concat", pieces, { axis });
    }, call.tensor("self"));
  },
  chunk: parts,
  split: parts,
  unbind: unbound,
  cat: (call, graph) => {
    const all = tensors(call, graph);
    const axis = call.number("dim", 0);
    return graph.emit(
      "Concat",
      all.map(({ name }) => name),
      { axis: axis < 0 ? axis + all[0]!.shape.length : axis },
    );
  },
  stack: (call, graph) => {
    const all = tensors(call, graph);
    const given = call.number("dim", 0);
    const axis = given < 0 ? given + all[0]!.shape.length + 1 : given;
    const apart = all.map(({ name }) => graph.emit("Unsqueeze", [name, graph.integers([axis])]));
    return graph.emit("Concat", apart, { axis });
  },
  tril: (call, graph) =>
    graph.emit("Trilu", [call.tensor("self"), graph.number(call.number("diagonal", 0), "int64")], {
      upper: 0,
    }),
  triu: (call, graph) =>
    graph.emit("Trilu", [call.tensor("self"), graph.number(call.number("diagonal", 0), "int64")], {
      upper: 1,
    }),
  copy_: filled((call) => call.as("src", call.output.dtype)),
  zero_: filled((call, graph) => graph.number(0, call.output.dtype)),
  fill_: filled((call, graph) => graph.number(call.amount("value"), call.output.dtype)),
};
