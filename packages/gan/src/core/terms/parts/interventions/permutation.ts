import { torch } from "@gantry/torch";
import { type InterventionKind, shuffled } from "../intervention.js";

/** O_i reorders the coordinates by the i-th of k random permutations, drawn once. Keeps any prior of alike coordinates. */
const permutation: InterventionKind = {
  name: "permutation",
  summary: "the coordinates in one of k random orders",
  source: "IVGAN paper, definition 1: the group is free to choose",
  check: (prior) => (prior.size > 1 ? undefined : "a latent of 1 has nothing to reorder"),
  make(size, k, random) {
    const orders = BigInt64Array.from(Array.from({ length: k }, () => shuffled(size, random)).flat(), BigInt);
    return {
      apply(latent, index) {
        const all = torch.fromTypedArray(orders, [k, size]).to({ device: latent.device });
        return latent.gather(1, all.indexSelect(0, index));
      },
    };
  },
};

export default permutation;
