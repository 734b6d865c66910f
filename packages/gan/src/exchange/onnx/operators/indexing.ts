import type { Translations } from "../reader.js";

export const indexing: Translations = {
  embedding: (call, graph) =>
    graph.emit("Gather", [call.tensor("weight"), call.tensor("indices")], { axis: 0 }),
  index_select: (call, graph) =>
    graph.emit("Gather", [call.tensor("self"), call.tensor("index")], { axis: call.axis("dim", "self") }),
  gather: (call, graph) =>
    graph.emit("GatherElements", [call.tensor("self"), call.tensor("index")], {
      axis: call.axis("dim", "self"),
    }),
  index: (call, graph) => {
    const indices = call.list("indices");
    const given = indices.flatMap((index, axis) => (index === null ? [] : [{ index, axis }]));
    const [only] = given;
    if (given.length !== 1 || only === undefined || only.index.dtype === "bool")
      throw graph.refuse("picks elements by a mask, or by several indices at once");
    return graph.emit("Gather", [call.tensor("self"), graph.of(only.index)], { axis: only.axis });
  },
  one_hot: (call, graph) => {
    const depth = call.number("num_classes", -1);
    if (depth < 0) throw graph.refuse("counts classes by the largest label; say how many there are");
    return graph.emit("OneHot", [call.tensor("self"), graph.number(depth, "int64"), graph.integers([0, 1])], {
      axis: -1,
    });
  },
};
