import { torch } from "@gantry/torch";
import { type InterventionKind, shuffled } from "../intervention.js";

/** O_i negates half of the coordinates, the i-th of k random halves, drawn once. Keeps any symmetric prior. */
const signFlips: InterventionKind = {
  name: "sign-flips",
  summary: "one of k random halves of the coordinates negated",
  source: "IVGAN paper, definition 1: the group is free to choose",
  check: (prior) =>
    prior.distribution === "unit"
      ? "flipping signs needs a symmetric prior; set net.prior.distribution to normal or uniform"
      : undefined,
  make(size, k, random) {
    const signs = new Float64Array(k * size).fill(1);
    for (let i = 0; i < k; i++)
      for (const place of shuffled(size, random).slice(0, Math.ceil(size / 2))) signs[i * size + place] = -1;
    return {
      apply(latent, index) {
        const { dtype, device } = latent;
        const all = torch.fromTypedArray(signs, [k, size]).to({ dtype, device });
        return latent.mul(all.indexSelect(0, index));
      },
    };
  },
};

export default signFlips;
