import assert from "node:assert/strict";
import { test } from "node:test";
import { distributed } from "@gantry/torch";
import type { JsonObject } from "../../core/base/json.js";
import { compareRanks, rankCases } from "../../testing/ranks.js";

const skip = distributed.hasGroups()
  ? false
  : "this build has no process groups: gloo's headers were not there";

/** What needs each kind of sharing; `npm run ranks` tries every recipe. */
const RECIPES = [
  // Points, and looking ahead through D's updates.
  "unrolled",
  // Batch norm, negatives and turned images.
  "ssgan-infomax",
  // Dropout, an encoder that draws.
  "ali",
  // Weights that go by gradients and scores.
  "aw-gan",
  // A controller.
  "began",
] as const;

/** Terms that compare a batch's images, and numbers that are drawn, in small compositions. */
const TERMS: readonly (readonly [JsonObject, JsonObject?])[] = [
  [{ relativistic: { variant: "average" }, "feature-matching": {}, "instance-noise": { sigma: 0.1 } }],
  [{ "minibatch-discrimination": {}, "mode-seeking": {}, "pulling-away": {}, lecam: { start: 0 } }],
  [{ ada: { every: 1, kimg: 0.1, probability: 0.5, pipe: "color" }, "local-gradient-penalty": {} }],
  [
    {
      consistency: {},
      "diff-augment": {},
      "top-k": { decay: 0.5 },
      apa: { target: "off", probability: 0.5 },
    },
  ],
  [{ "gradient-penalty": {}, packing: {} }, { schedule: { accumulate: 2 } }],
];

const composed = async (terms: JsonObject, more?: JsonObject) => {
  const added = Object.entries(terms).map(([name, options]) => ({ name, options: options as JsonObject }));
  return (await rankCases(["dcgan"], added, more === undefined ? [] : [more])).slice(0, 1);
};

test("two processes train what one does: first gradients, and weights after three iterations", {
  skip,
}, async () => {
  const cases = [
    ...(await rankCases(RECIPES)).filter(({ optimizer, recipe }) => optimizer === "sgd" || recipe === "ali"),
    ...(await Promise.all(TERMS.map(([terms, more]) => composed(terms, more)))).flat(),
  ];
  const found = await compareRanks(cases);
  for (const [i, { first, weights, error }] of found.entries()) {
    const { recipe, with: terms, optimizer } = cases[i]!;
    const what = `${recipe} ${optimizer} ${terms.map(({ name }) => name)}: ${first}, ${weights} ${error ?? ""}`;
    assert.ok(first < 1e-12, what);
    assert.ok(weights < (optimizer === "sgd" ? 1e-12 : 1e-9), what);
  }
});
