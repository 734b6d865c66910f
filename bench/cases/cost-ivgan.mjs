import { cost } from "../cost.mjs";

const shape = [3, 64, 64];

export default cost({
  what: "IVGAN over DCGAN at 64 pixels, batch 64, one step of the encoder: one iteration",
  shapes: "images [64,3,64,64], latents [64,100]",
  base: {
    recipe: "ivdcgan",
    settings: ["terms.intervention=null", "terms.instance-noise=null", "optimizers.encoder=null"],
    shape,
  },
  // The paper's table 4 has E from 64 channels on, its authors' code from 16.
  methods: [64, 16].map((channels) => ({
    label: `E from ${channels} channels`,
    recipe: "ivdcgan",
    settings: ["terms.intervention.encoderSteps=1", `net.encoderChannels=${channels}`],
    shape,
    target: 100,
  })),
  iterations: 1,
  rounds: 9,
});
