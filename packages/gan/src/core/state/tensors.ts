import { decodeSafetensors } from "@gantry/formats";
import { scope, type Tensor, torch } from "@gantry/torch";

/** The tensors of one file of a checkpoint, checked against its checksum; owned by the current scope. */
export function toTensors(bytes: Uint8Array, path: string): Map<string, Tensor> {
  const { arrays } = decodeSafetensors(bytes, path);
  return new Map(
    [...arrays].map(([name, array]) => [name, torch.fromBytes(array.data, array.shape, array.dtype)]),
  );
}

/** The name of the first tensor that holds NaN or infinity; undefined for none. */
export function findNotFinite(tensors: ReadonlyMap<string, Tensor>): string | undefined {
  return scope(() => {
    const floating = [...tensors].filter(([, tensor]) => tensor.dtype.includes("float") && tensor.numel > 0);
    if (floating.length === 0) return undefined;
    // All answers in one transfer.
    const finite = torch.stack(floating.map(([, tensor]) => tensor.detach().isfinite().all())).toNumbers();
    const at = finite.indexOf(0);
    return floating[at]?.[0];
  });
}
