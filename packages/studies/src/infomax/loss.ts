import { defineAblation } from "./ablation.js";

export default defineAblation({
  name: "infomax-loss",
  summary: "equation 4, or the public code's loss, which masks an image's own other places",
  choices: [
    { name: "paper", summary: "equation 4", settings: {} },
    { name: "public", summary: "kwotsin/mimicry's", settings: { "terms.infomax.variant": "public" } },
  ],
});
