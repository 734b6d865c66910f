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
    const signs = Array.from({ length: k }, () => {
      const flipped = new Set(shuffled(size, random).slice(0, Math.ceil(size / 2)));
      return Float64Array.from({ length: size }, (_, i) => (flipped.has(i) ? -1 : 1));
    });
    return {
      apply(latent, index) {
        const { dtype, device } = latent;
        return latent.mul(torch.fromTypedArray(signs[index]!).to({ dtype, device }));
      },
    };
  },
};

export default signFlips;
