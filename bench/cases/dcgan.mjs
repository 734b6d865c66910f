import { versus } from "../versus.mjs";

export default versus({
  what: "DCGAN at 32 pixels, 64 channels, batch 64: one D and one G update",
  shapes: "images [64,3,32,32], latents [64,100]",
  training: { recipe: "dcgan", settings: ["batch=64"], shape: [3, 32, 32] },
  peer: { name: "dcgan", options: { size: 32, channels: 64, color: 3, latent: 100, batch: 64 } },
  iterations: 4,
  rounds: 9,
  warmups: 2,
});
