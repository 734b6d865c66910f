import { defineAblation } from "./ablation.js";

export default defineAblation({
  name: "infomax-local-layer",
  summary: "which of D's maps the local features are: the last but one, as in the paper, or earlier ones",
  choices: [
    { name: "last-but-one", summary: "the map before the last block's", settings: {} },
    { name: "two-before", summary: "the one before that", settings: { "net.localLayer": 2 } },
    { name: "three-before", summary: "the first block's", settings: { "net.localLayer": 3 } },
  ],
});
