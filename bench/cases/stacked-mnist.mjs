import { versus } from "../versus.mjs";

export default versus({
  what: "PacDCGAN2 on stacked MNIST (PacGAN's networks), 64 packs of two: one D and two G updates",
  shapes: "images [128,3,28,28] in packs [64,6,28,28], latents [128,100]",
  training: { recipe: "pac-dcgan", settings: [], shape: [3, 28, 28] },
  peer: { name: "stacked-mnist", options: { degree: 2, batch: 128 } },
  iterations: 1,
  rounds: 9,
  warmups: 2,
});
