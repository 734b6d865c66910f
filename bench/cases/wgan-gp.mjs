import { versus } from "../versus.mjs";

export default versus({
  what: "WGAN-GP on residual networks at 32 pixels, 64 channels, batch 64, 128 for G: five D updates through a double backward pass, and one of G",
  shapes: "images [64,3,32,32], latents [64,128] and [128,128], G 128 channels, D 64",
  training: { recipe: "wgan-gp-resnet", settings: ["batch=64", "net.channels=64"], shape: [3, 32, 32] },
  peer: { name: "wgan-gp", options: { channels: 64, batch: 64, generatorBatch: 128 } },
  precisions: ["float32", "bfloat16"],
  iterations: 1,
  rounds: 5,
  warmups: 1,
});
