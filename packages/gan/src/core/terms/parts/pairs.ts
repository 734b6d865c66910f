import type { Plan } from "../../game/plan.js";

/**
 * Makes D judge pairs: the stream `encoded` = (x, E(x)) against `fake` = (G(z), z). The encoder updates along with the
 * generator, unless it updates already.
 * @param options term: who asks. stochastic: E draws its latent. fool: "both" when E plays against D too
 */
export function planPairs(
  plan: Plan,
  options: { term: string; stochastic: boolean; fool: "fake" | "both" },
): void {
  plan.jointLatent = true;
  plan.addEncoder({ stochastic: options.stochastic });
  if (!plan.updates("encoder")) plan.joinTeam("encoder", "generator");
  plan.streams.set("encoded", {
    dependsOn: ["encoder"],
    sample: (play) => ({ ...play.stream("real"), latent: play.encode("real").latent }),
  });
  plan.setContests(options.term, [
    { discriminator: "discriminator", real: "encoded", fake: "fake", fool: options.fool },
  ]);
}
