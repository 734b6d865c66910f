// The comparison's page as text, for a file: run by Node.
import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import type { CompareJson } from "../src/json.js";
import { Comparison } from "./compare/Comparison.js";
import { titleOf } from "./compare/words.js";

const escapeHtml = (text: string) => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

export const renderComparison = (data: CompareJson): { title: string; body: string } => ({
  title: escapeHtml(titleOf(data)),
  body: renderToString(h(Comparison, { data })),
});
