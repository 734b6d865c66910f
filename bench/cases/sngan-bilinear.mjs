import { versus } from "../versus.mjs";

/** Bilinear upsampling and ReLUs in place, as the public PyTorch code has it. */
export default versus({
  what: "SNGAN at 32 pixels, full width, bilinear upsampling, batch 64: five D updates and one of G",
  shapes: "images [64,3,32,32], latents [64,128], G 256 channels, D 128",
  training: { recipe: "sngan", preset: "public", settings: ["batch=64"], shape: [3, 32, 32] },
  peer: { name: "sngan", options: { channels: 128, upsampling: "bilinear", inPlace: true, batch: 64 } },
  precisions: ["float32", "bfloat16"],
  iterations: 1,
  rounds: 3,
  warmups: 1,
});
