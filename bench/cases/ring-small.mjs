import { versus } from "../versus.mjs";

/** All overhead, no arithmetic: what is compared is what surrounds it. */
export default versus({
  what: "the 2-D ring with the networks of the preset small (128 units), batch 128: one D and one G update",
  shapes: "points [128,2], latents [128,2]",
  training: { recipe: "gan", preset: "small", settings: [] },
  peer: { name: "ring", options: { networks: "small", batch: 128 } },
  iterations: 200,
  rounds: 9,
  warmups: 2,
  threads: 1,
});
