import { versus } from "../versus.mjs";

export default versus({
  what: "DCGAN at 64 pixels, the IVGAN paper's table in B.1, batch 64: one D and one G update",
  shapes: "images [64,3,64,64], latents [64,100]",
  training: { recipe: "dcgan", settings: ["batch=64"], shape: [3, 64, 64] },
  peer: { name: "dcgan", options: { size: 64, channels: 64, color: 3, latent: 100, batch: 64 } },
  precisions: ["float32", "bfloat16"],
  iterations: 1,
  rounds: 9,
  warmups: 2,
});
