// Lets Node import TypeScript, and Gantry's packages from wherever a file lies: `node --import @gantry/gan/typescript x.ts`.
import module from "node:module";

// Bun and Deno read TypeScript by themselves, and have no such hooks.
if (process.versions.bun === undefined && !("deno" in process.versions))
  module.register(new URL("./hooks.js", import.meta.url));
