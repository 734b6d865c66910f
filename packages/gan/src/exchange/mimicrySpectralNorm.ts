import type { ArrayValue, NamedArrays } from "@gantry/formats";
import { scope, type Tensor, torch } from "@gantry/torch";

const tensorOf = ({ data, shape, dtype }: ArrayValue): Tensor => torch.fromBytes(data, shape, dtype);

/** Replaces `sn_u` and `sn_sigma` by the vectors whose u^T W v is the sigma that the public code evaluates with. */
export function convertSpectralNorm(arrays: NamedArrays): NamedArrays {
  const state: NamedArrays = new Map();
  for (const [name, array] of arrays) {
    if (name.endsWith(".sn_sigma") || name.endsWith(".sn_u")) continue;
    const layer = name.replace(/\.weight$/, "");
    const before = layer === name ? undefined : arrays.get(`${layer}.sn_u`);
    if (before === undefined) {
      state.set(name, array);
      continue;
    }
    state.set(`${name}_orig`, array);
    scope(() => {
      const matrix = tensorOf(array).to({ dtype: "float64" }).flatten(1);
      const normalised = (vector: Tensor) => vector.div(vector.vectorNorm().clampMin(1e-12));
      const v = normalised(matrix.t().mv(tensorOf(before).to({ dtype: "float64" }).flatten()));
      const u = normalised(matrix.mv(v));
      const save = (vector: Tensor): ArrayValue => ({
        dtype: array.dtype,
        shape: [...vector.shape],
        data: vector.to({ dtype: array.dtype }).toBytes(),
      });
      state.set(`${name}_u`, save(u));
      state.set(`${name}_v`, save(v));
    });
  }
  return state;
}
