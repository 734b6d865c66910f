import { versus } from "../versus.mjs";

export default versus({
  what: "SNGAN at 32 pixels, 64 channels, nearest upsampling, batch 64: five D updates and one of G",
  shapes: "images [64,3,32,32], latents [64,128], G 128 channels, D 64",
  training: { recipe: "sngan", settings: ["batch=64", "net.channels=64"], shape: [3, 32, 32] },
  peer: { name: "sngan", options: { channels: 64, upsampling: "nearest", inPlace: false, batch: 64 } },
  precisions: ["float32", "bfloat16"],
  iterations: 1,
  rounds: 5,
  warmups: 1,
});
