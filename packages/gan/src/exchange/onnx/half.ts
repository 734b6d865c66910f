import { type OnnxNode, type OnnxTensor, onnxTypeNumber } from "@gantry/formats";
import { scope, torch } from "@gantry/torch";

/** Fewer numbers are not worth a node. */
const FEWEST = 64;
/** The largest number in half precision. */
const LARGEST = 65_504;

export interface Stored {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** The same graph with its weights in half precision, each widened before it is used; what does not fit into that stays. */
export function halved({ nodes, initializers }: Stored): Stored {
  const casts: OnnxNode[] = [];
  const kept = new Map<string, OnnxTensor>();
  for (const [name, tensor] of initializers) {
    const narrow = tensor.dtype === "float32" ? inHalf(tensor) : undefined;
    kept.set(narrow === undefined ? name : `${name}.half`, narrow ?? tensor);
    if (narrow === undefined) continue;
    const to = onnxTypeNumber("float32");
    casts.push({
      operator: "Cast",
      name: `${name}.widened`,
      inputs: [`${name}.half`],
      outputs: [name],
      attributes: { to },
    });
  }
  return { nodes: [...casts, ...nodes], initializers: kept };
}

const inHalf = ({ bytes, shape }: OnnxTensor): OnnxTensor | undefined =>
  scope(() => {
    const tensor = torch.fromBytes(bytes, shape, "float32");
    if (tensor.numel < FEWEST || tensor.abs().max().item() > LARGEST) return undefined;
    return { dtype: "float16", shape, bytes: tensor.to({ dtype: "float16" }).toBytes() };
  });
