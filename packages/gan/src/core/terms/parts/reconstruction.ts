import { nn } from "@gantry/torch";
import type { Plan } from "../../game/plan.js";

/** Adds what reconstruction needs to a plan, and lets the encoder update along with the generator unless it updates already. */
export function planReconstruction(plan: Plan): void {
  plan.addEncoder();
  if (!plan.updates("encoder")) plan.joinTeam("encoder", "generator");
  addReconstruction(plan);
}

/** The stream `reconstruction` = G(E(x)), which has batch-norm statistics of its own (Mode Regularized GAN, appendix B). */
export function addReconstruction(plan: Plan): void {
  if (plan.streams.has("reconstruction")) return;
  plan.streams.set("reconstruction", {
    dependsOn: ["generator", "encoder"],
    sample(play) {
      const { label } = play.stream("real");
      const { latent } = play.encode("real");
      const image = nn.batchStatistics("reconstruction", () => play.generate(latent, label));
      return { image, latent, label };
    },
  });
}
