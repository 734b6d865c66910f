import { cost } from "../cost.mjs";

const shape = [3, 32, 32];

export default cost({
  what: "InfoMax over SNGAN at 32 pixels, full width, batch 64: one iteration",
  shapes: "images [64,3,32,32], G 256 channels, D 128, critics of 1024 units",
  base: { recipe: "sngan", settings: ["batch=64"], shape },
  methods: [{ label: "infomax", recipe: "infomax-gan", settings: ["batch=64"], shape, target: 3 }],
  iterations: 1,
  rounds: 5,
});
