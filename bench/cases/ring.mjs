import { versus } from "../versus.mjs";

export default versus({
  what: "the 2-D ring with PacGAN's networks, batch 100: one D and one G update",
  shapes: "points [100,2], latents [100,2]",
  training: { recipe: "gan", settings: [] },
  peer: { name: "ring", options: { networks: "pacgan", batch: 100 } },
  iterations: 50,
  rounds: 9,
  warmups: 2,
  threads: 1,
});
