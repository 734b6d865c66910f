import { torch } from "@gantry/torch";
import type { InterventionKind } from "../intervention.js";

/** The latent in k blocks of equal length; O_i puts noise in the place of block i. */
const blockSubstitution: InterventionKind = {
  name: "block-substitution",
  summary: "noise in the place of one of k equal blocks",
  source: "IVGAN paper, section 3",
  check(prior, k) {
    if (prior.size % k === 0) return undefined;
    const divisors = Array.from({ length: prior.size - 1 }, (_, i) => i + 2).filter(
      (d) => prior.size % d === 0,
    );
    return `a latent of ${prior.size} does not divide into ${k} equal blocks; take k from ${divisors.slice(0, 12).join(", ")}`;
  },
  make: (size, k) => ({
    apply(latent, index, noise) {
      const width = size / k;
      const from = index * width;
      const after = size - from - width;
      return torch.cat(
        [latent.narrow(1, 0, from), noise.narrow(1, from, width), latent.narrow(1, from + width, after)],
        1,
      );
    },
  }),
};

export default blockSubstitution;
