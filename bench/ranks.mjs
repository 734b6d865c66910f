// One process against two that share its batch, in float64, over every recipe: `node bench/ranks.mjs` writes bench/ranks.md;
// with names of recipes it tries those, and prints.
import { writeFileSync } from "node:fs";
import { recipes } from "../packages/gan/dist/core/recipes/recipe.js";
import { compareRanks, rankCases } from "../packages/gan/dist/testing/ranks.js";
import { version } from "../packages/torch/dist/src/index.js";

const named = process.argv.slice(2);
const names = named.length > 0 ? named : [...(await recipes.all()).keys()].sort();
const rows = [];
for (const name of names) {
  const [sgd, adam] = await compareRanks(await rankCases([name]));
  const error = sgd.error ?? adam.error;
  if (error !== undefined) throw new Error(`${name}: ${error}`);
  const number = (value) => (value === 0 ? "0" : value.toExponential(1));
  const row = `| ${name} | ${number(sgd.first)} | ${number(sgd.weights)} | ${number(adam.weights)} |`;
  console.log(row);
  rows.push({ row, isEqual: sgd.first < 1e-12 && sgd.weights < 1e-12, isNear: adam.weights < 1e-9, name });
}
const wrong = rows.filter(({ isEqual }) => !isEqual).map(({ name }) => name);
const apart = rows.filter(({ isNear }) => !isNear).map(({ name }) => name);
if (named.length === 0)
  writeFileSync(
    new URL("ranks.md", import.meta.url),
    `# One process against two

Every recipe, small (8 channels at most, a batch of 8), in float64, on noise of its data's shape: one process, and two that have half
of every batch each. The largest difference, as a share of the largest number of that player's: of the gradients of its first
update, and of all of its network after 3 iterations. By \`npm run ranks\`, LibTorch ${version()}, over loopback.

Asked for: 1e-12 by SGD, 1e-9 by Adam. Not met by SGD: ${wrong.join(", ") || "none"}; by Adam: ${apart.join(", ") || "none"}.
Adam divides a gradient by its own size: of biases in front of a batch norm the gradient is rounding alone, and Adam's first steps
magnify it.

| recipe | first gradients | weights, SGD | weights, Adam |
|---|---|---|---|
${rows.map(({ row }) => row).join("\n")}
`,
  );
process.exitCode = wrong.length > 0 ? 1 : 0;
