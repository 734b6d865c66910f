import { cost } from "../cost.mjs";

const shape = [3, 32, 32];
const sngan = { recipe: "sngan", settings: ["batch=64"], shape };

export default cost({
  what: "adaptive weights over SNGAN at 32 pixels, full width, batch 64: one iteration",
  shapes: "images [64,3,32,32], G 256 channels, D 128",
  base: sngan,
  methods: [
    { ...sngan, label: "adaptive-weights", terms: [{ name: "adaptive-weights", options: {} }], target: 5 },
  ],
  iterations: 1,
  rounds: 5,
});
