import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "ivdcgan",
  summary: "intervention GAN on cross-entropy with the non-saturating G",
  group: "images",
  when: "modes are missing: interventions on codes",
  source: "IVGAN paper, tables 4 and 5; noise of zhangliangyu32/IVGAN, IVGAN_CIFAR",
  extends: "ivlsgan",
  config: {
    terms: {
      "least-squares": null,
      "non-saturating": {},
      "instance-noise": {
        sigma: {
          from: 0.05,
          to: 0.001,
          over: { epochs: 300 },
          shape: "steps",
          between: [
            [100, 0.01],
            [200, 0.003],
          ],
        },
      },
    },
  },
});
