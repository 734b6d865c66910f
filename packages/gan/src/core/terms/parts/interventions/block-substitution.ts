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
  make: (size, k) => {
    const block = BigInt64Array.from({ length: size }, (_, i) => BigInt(Math.floor((i * k) / size)));
    return {
      apply(latent, index, noise) {
        const replaced = torch
          .fromTypedArray(block, [1, size])
          .to({ device: latent.device })
          .eq(index.unsqueeze(1));
        return torch.where(replaced, noise, latent.to({ dtype: noise.dtype }));
      },
    };
  },
};

export default blockSubstitution;
