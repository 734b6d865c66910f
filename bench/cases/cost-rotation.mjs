import { cost } from "../cost.mjs";

const shape = [3, 32, 32];
const ssgan = { recipe: "ssgan", settings: ["batch=64"], shape };

export default cost({
  what: "rotation over SNGAN at 32 pixels, full width, batch 64: one iteration",
  shapes: "images [64,3,32,32], G 256 channels, D 128",
  base: { recipe: "sngan", settings: ["batch=64"], shape },
  methods: [
    { ...ssgan, label: "every image turned once", target: 30 },
    { ...ssgan, label: "16 images", settings: [...ssgan.settings, "terms.rotation.form=quarter"] },
  ],
  iterations: 1,
  rounds: 5,
});
