import { defineRecipe } from "./recipe.js";

// The settings of the code's launch_cifar_mhingegan.sh. Its feature matching has G look at D's last reals, as here.
export default defineRecipe({
  name: "mhgan",
  summary: "BigGAN whose D scores classes and fakes by one multi-class hinge",
  group: "conditional",
  when: "BigGAN whose D scores classes and fakes by one hinge",
  source:
    "Kavalerov, Czaja, Chellappa 2021 (multi-hinge GAN); ilyakava/BigGAN-PyTorch, launch_cifar_mhingegan.sh",
  extends: "biggan",
  config: {
    terms: {
      hinge: null,
      "multi-hinge": { variant: "fake-class", alpha: 0.05 },
      "feature-matching": { distance: "absolute" },
    },
  },
});
