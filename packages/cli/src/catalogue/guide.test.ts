// docs/guide/recipes.md and the recipes say the same: when to take each, what its preset small is, and how long that takes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { builtCatalogue } from "./catalogue.js";

const page = readFileSync(new URL("../../../../docs/guide/recipes.md", import.meta.url), "utf8");

/** Rows of the tables of recipes, each with the head that it stands under. */
function rows(): Map<string, string> {
  const found = new Map<string, string>();
  let head = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) head = line.slice("## ".length);
    const name = /^\| `([\w-]+)` \|.* (GiB|-) \|$/.exec(line)?.[1];
    if (name !== undefined) found.set(`${head}: ${name}`, line.replaceAll("`", ""));
  }
  return found;
}

test("the guide's tables are the recipes' own words and measurements", () => {
  const expected = (builtCatalogue()?.recipes ?? []).map(({ name, group, when, presets, measured }) => {
    const { data, batch, steps } = presets.small!;
    const minutes = measured === null || measured.minutes === null ? "-" : measured.minutes || "under 1";
    const memory = measured === null ? "-" : `${measured.memory.toFixed(1)} GiB`;
    const row = `| ${name} | ${when} | ${data} | ${batch} | ${steps} | ${minutes} | ${memory} |`;
    return [`${group?.title}: ${name}`, row];
  });
  assert.deepEqual(Object.fromEntries([...rows()].sort()), Object.fromEntries(expected.sort()));
});
