import { nn } from "@gantry/torch";
import type { Plan } from "./plan.js";

/**
 * Adds what reconstruction needs to a plan, unless it is there: an encoder that updates along with the generator, and
 * the stream `reconstruction` = G(E(x)), which has batch-norm statistics of its own (Mode Regularized GAN, appendix B).
 */
export function planReconstruction(plan: Plan): void {
  if (!plan.players.has("encoder")) {
    plan.addEncoder();
    plan.joinTeam("encoder", "generator");
  }
  if (plan.streams.has("reconstruction")) return;
  plan.streams.set("reconstruction", {
    dependsOn: ["generator", "encoder"],
    sample(play) {
      const { label } = play.stream("real");
      const { latent } = play.encode("real");
      const image = nn.batchStatistics("reconstruction", () => play.generator().forward(latent, label));
      return { image, latent, label };
    },
  });
}
