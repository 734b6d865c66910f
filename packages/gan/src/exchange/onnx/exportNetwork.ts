import { encodeOnnx, type OnnxModel } from "@gantry/formats";
import { nn, noGrad, scope, type Tensor, TorchError, type Trace, torch, trace } from "@gantry/torch";
import { RunError } from "../../core/base/errors.js";
import { Discriminator, Generator } from "../../core/nets/contract.js";
import type { Graph } from "./graph.js";
import { OPSET } from "./graph.js";
import { halved } from "./half.js";
import { type Judged, type NetworkInput, type Role, roleOf } from "./roles.js";
import { forAllSizes, type Program } from "./sizes.js";
import { translate } from "./translate.js";

/** Sizes of batches that a network is traced by: any two; of discriminators, which may judge images by fours, two of these. */
const SIZES = { generator: [2, 3], judge: [4, 8] } as const;
/** Two values of psi, which no other number of a network is. */
const PSIS = [0.6180339887, 0.4142135623] as const;
/** The name of its input. */
const PSI = "psi";

export interface NetworkExport {
  /** Store weights in half precision; arithmetic stays in float32. Default false. */
  readonly half?: boolean | undefined;
  /** What a discriminator judges beside images; default nothing. */
  readonly judged?: Judged | undefined;
  readonly description?: string | undefined;
  /** Said in the file, beside what the graph says of itself. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * A network in evaluation, on the processor and in float32, as an ONNX file. What its weights are made of (spectral norm, equalised
 * rates, batch norm behind convolutions) is computed once and stands in them; what it draws is an input `noise.N`.
 * @throws RunError naming the part that cannot be exported
 * @returns the file's bytes
 */
export function exportNetwork(network: nn.Module, options: NetworkExport = {}): Uint8Array {
  const role = roleOf(network, options.judged ?? { latentSize: 0, classes: undefined });
  return noGrad(() => scope(() => encodeOnnx(describe(network, role, options))));
}

function describe(network: nn.Module, role: Role, options: NetworkExport): OnnxModel {
  const { program, names, psi } = plainly(() => traced(network, role));
  const graph = translate(program, role.inputs, psi);
  const outputs = program.outputs.map((output, i) => {
    const name = names[i] as string;
    graph.nodes.push({
      operator: "Identity",
      name,
      inputs: [graph.of(output)],
      outputs: [name],
      attributes: {},
    });
    const shape = output.shape.map((size, d) =>
      typeof size === "number" ? size : d === 0 ? "batch" : `${name}.size.${d}`,
    );
    return { name, dtype: "float32" as const, shape };
  });
  graph.prune();
  const stored = options.half === true ? halved(graph) : graph;
  return {
    opset: OPSET,
    producer: "gantry",
    description: options.description ?? "",
    inputs: graph.inputs,
    outputs,
    nodes: stored.nodes,
    initializers: stored.initializers,
    metadata: { ...options.metadata, ...drawnInputs(graph), ...groupedBatch(program) },
  };
}

/** Of what distribution the inputs are that a network would draw, where that is not the normal one. */
const drawnInputs = ({ draws }: Graph): Record<string, string> =>
  Object.fromEntries(
    Object.entries(draws).flatMap(([name, kind]) => (kind === "normal" ? [] : [[`gantry.${name}`, kind]])),
  );

const groupedBatch = ({ multiple }: Program): Record<string, string> =>
  multiple === 1 ? {} : { "gantry.batch": `a multiple of ${multiple}` };

/** What is computed in another way for speed is written as it is defined: smaller, and of operators that every runtime has. */
function plainly<T>(body: () => T): T {
  const before = nn.rewriteNames.filter((name) => !nn.isRewritten(name));
  nn.computePlainly(nn.rewriteNames);
  try {
    return body();
  } finally {
    nn.computePlainly(before);
  }
}

/** Some batch for an input, of any numbers: what is computed of them is not looked at. */
function example({ shape, classes, buffer }: NetworkInput, size: number): Tensor {
  if (buffer !== undefined) return buffer;
  if (classes === undefined) return torch.randn([size, ...shape]);
  return torch.tensor(BigInt64Array.from({ length: size }, (_, i) => BigInt(i % classes)));
}

/** The network's program, for batches of every size. */
function traced(
  network: nn.Module,
  role: Role,
): { program: Program; names: string[]; psi: string | undefined } {
  const sizes = network instanceof Discriminator ? SIZES.judge : SIZES.generator;
  const traces: Trace[] = [];
  let names: string[] = [];
  const at = (size: number): Trace => {
    const given = role.inputs.map((input) => example(input, size));
    const made = trace(network, given, () => {
      const outputs = role.run(given);
      names = [...outputs.keys()];
      return [...outputs.values()];
    });
    traces.push(made);
    return made;
  };
  const psi = network instanceof Generator ? network.psi : undefined;
  const set = (value: number | undefined) => {
    if (network instanceof Generator && psi !== undefined) network.psi = value;
  };
  try {
    set(PSIS[0]);
    const [first, larger] = [at(sizes[0]), at(sizes[1])];
    set(PSIS[1]);
    const other = psi === undefined ? undefined : { trace: at(sizes[0]), psi: PSIS };
    return {
      program: forAllSizes({ first, larger, sizes, other }),
      names,
      psi: psi === undefined ? undefined : PSI,
    };
  } catch (error) {
    if (error instanceof TorchError)
      throw new RunError(`it cannot be exported: ${error.message}`, { cause: error });
    throw error;
  } finally {
    set(psi);
    for (const each of traces) each[Symbol.dispose]();
  }
}
