import { Registry } from "../base/registry.js";
import type { TermDefinition } from "../game/term.js";

export const terms = new Registry<TermDefinition>("term", new URL("./", import.meta.url), {
  marks: ["make"],
  needs: {
    name: "text",
    summary: "text",
    source: "text",
    kind: "text",
    options: "options",
    make: "function",
  },
});
