import { Graph } from "./graph.js";
import { draws } from "./operators/draws.js";
import { elementwise } from "./operators/elementwise.js";
import { images } from "./operators/images.js";
import { indexing } from "./operators/indexing.js";
import { norms } from "./operators/norms.js";
import { products } from "./operators/products.js";
import { reductions } from "./operators/reductions.js";
import { shapes } from "./operators/shapes.js";
import { CallReader, type Translation, type Translations } from "./reader.js";
import type { NetworkInput } from "./roles.js";
import { type Argument, type Program, Value } from "./sizes.js";

const translations: Translations = {
  ...elementwise,
  ...shapes,
  ...reductions,
  ...products,
  ...images,
  ...norms,
  ...indexing,
  ...draws,
};

/** `aten::relu_` is found as `relu_`, then as `relu`; `aten::max.dim` as `max.dim`, then as `max`. */
function translationOf(operator: string): Translation | undefined {
  const full = operator.slice(operator.indexOf("::") + 2);
  const [name = ""] = full.split(".");
  const found = [full, name, name.replace(/_$/, "")].find((key) => Object.hasOwn(translations, key));
  return found === undefined ? undefined : translations[found];
}

function* valuesIn(argument: Argument): Generator<Value> {
  if (argument instanceof Value) yield argument;
  else if (Array.isArray(argument)) for (const each of argument) yield* valuesIn(each);
}

/** How often each value is read. */
function readings({ calls, outputs }: Program): Map<number, number> {
  const counts = new Map<number, number>();
  const read = (argument: Argument) => {
    for (const { id } of valuesIn(argument)) counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  for (const call of calls) for (const argument of Object.values(call.arguments)) read(argument);
  read(outputs);
  return counts;
}

/**
 * A program's calls as nodes of a graph.
 * @param inputs what the program's inputs are
 * @param psi what its input is called, where it has one
 * @throws RunError naming the part whose operator ONNX has no like of
 */
export function translate(program: Program, inputs: readonly NetworkInput[], psi: string | undefined): Graph {
  const graph = new Graph(psi);
  for (const [i, input] of program.inputs.entries()) {
    const { name, buffer } = inputs[i] as NetworkInput;
    graph.name(input, graph.input(name, input.dtype, input.shape, buffer !== undefined));
  }
  if (psi !== undefined) graph.input(psi, "float32", []);
  const counts = readings(program);
  const readAlone = ({ id }: Value) => counts.get(id) === 1;
  for (const call of program.calls) {
    graph.place = call.place;
    const translation = translationOf(call.operator);
    if (translation === undefined)
      throw graph.refuse(`calls ${call.operator}, which has no translation to ONNX`);
    const names = [translation(new CallReader(call, graph, readAlone), graph)].flat();
    for (const [i, output] of call.outputs.entries()) graph.name(output, names[i] as string);
  }
  graph.place = "";
  return graph;
}
