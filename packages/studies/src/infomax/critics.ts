import { defineAblation } from "./ablation.js";

export default defineAblation({
  name: "infomax-critics",
  summary: "hidden layers of the critics: one, as in the paper, or more",
  choices: [
    { name: "one", summary: "one hidden layer", settings: {} },
    { name: "two", summary: "two", settings: { "terms.infomax.criticLayers": 2 } },
    { name: "three", summary: "three", settings: { "terms.infomax.criticLayers": 3 } },
  ],
});
