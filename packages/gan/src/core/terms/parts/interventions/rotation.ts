import { torch } from "@gantry/torch";
import type { InterventionKind } from "../intervention.js";

/** O_i turns the latent by the i-th of k random orthogonal matrices, drawn once. Keeps only the normal prior. */
const rotation: InterventionKind = {
  name: "rotation",
  summary: "one of k random orthogonal matrices",
  source: "IVGAN paper, definition 1: the group is free to choose",
  check: (prior) =>
    prior.distribution === "normal"
      ? undefined
      : "only the normal prior stays as it is under rotation; set net.prior.distribution=normal",
  make(size, k, random) {
    const matrices = new Float64Array(k * size * size);
    for (let i = 0; i < k; i++) matrices.set(orthogonal(size, random), i * size * size);
    return {
      apply(latent, index) {
        const { dtype, device } = latent;
        const all = torch.fromTypedArray(matrices, [k, size, size]).to({ dtype, device });
        return latent.unsqueeze(1).bmm(all.indexSelect(0, index)).squeezeAt(1);
      },
    };
  },
};

/** Rows of normal numbers made orthonormal one after another (modified Gram and Schmidt): uniform among rotations and reflections. */
function orthogonal(size: number, random: () => number): Float64Array {
  const rows: Float64Array[] = [];
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  while (rows.length < size) {
    const row = Float64Array.from(
      { length: size },
      () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
    );
    // Twice, since once leaves what rounding left in.
    for (let pass = 0; pass < 2; pass++)
      for (const other of rows) {
        const along = dot(row, other);
        for (let i = 0; i < size; i++) row[i] = row[i]! - along * other[i]!;
      }
    const norm = Math.sqrt(dot(row, row));
    rows.push(row.map((x) => x / norm));
  }
  const matrix = new Float64Array(size * size);
  for (const [i, row] of rows.entries()) matrix.set(row, i * size);
  return matrix;
}

export default rotation;
