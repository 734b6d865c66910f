import { torch } from "@gantry/torch";
import { type InterventionKind, shuffled } from "../intervention.js";

/** O_i reorders the coordinates by the i-th of k random permutations, drawn once. Keeps any prior of alike coordinates. */
const permutation: InterventionKind = {
  name: "permutation",
  summary: "the coordinates in one of k random orders",
  source: "IVGAN paper, definition 1: the group is free to choose",
  check: (prior) => (prior.size > 1 ? undefined : "a latent of 1 has nothing to reorder"),
  make(size, k, random) {
    const orders = Array.from({ length: k }, () => BigInt64Array.from(shuffled(size, random), BigInt));
    return {
      apply: (latent, index) =>
        latent.indexSelect(1, torch.fromTypedArray(orders[index]!).to({ device: latent.device })),
    };
  },
};

export default permutation;
