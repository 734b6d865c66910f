import { defineRecipe } from "./recipe.js";

// Section 4.2's networks are DCGAN's. The other divergences: --set terms.f-divergence.kind=pearson. On the ring of `gan --preset
// one-layer` Kullback-Leibler and Jensen-Shannon lose the modes that the plain GAN loses (one seed each, looked at): no preset for points.
export default defineRecipe({
  name: "f-gan",
  summary: "DCGAN on the Kullback-Leibler divergence; others of the family by terms.f-divergence.kind",
  group: "images",
  when: "another divergence: --set terms.f-divergence.kind=pearson; for points gan --with f-divergence",
  source: "Nowozin, Cseke, Tomioka 2016 (f-GAN), sections 2 to 4, on the networks and schedule of DCGAN",
  extends: "dcgan",
  config: { terms: { "non-saturating": null, "f-divergence": { kind: "kullback-leibler" } } },
  presets: { small: { net: { channels: 32 }, batch: 64, steps: 3000 } },
});
