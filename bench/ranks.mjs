// One process against two that share its batch, in float64, over every recipe: `node bench/ranks.mjs` writes the section of its
// LibTorch in bench/ranks.md; with names of recipes it tries those, and prints.
import { readFileSync, writeFileSync } from "node:fs";
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
if (named.length === 0) {
  const file = new URL("ranks.md", import.meta.url);
  const [intro, ...sections] = readFileSync(file, "utf8").split(/^(?=## )/m);
  const title = `## LibTorch ${version()}\n`;
  const own = `${title}
Not met by SGD: ${wrong.join(", ") || "none"}; by Adam: ${apart.join(", ") || "none"}.

| recipe | first gradients | weights, SGD | weights, Adam |
|---|---|---|---|
${rows.map(({ row }) => row).join("\n")}

`;
  const others = sections.filter((section) => !section.startsWith(title));
  writeFileSync(file, `${[intro, own, ...others].join("").trimEnd()}\n`);
}
process.exitCode = wrong.length + apart.length > 0 ? 1 : 0;
