// How a project uses the packages that it has installed.

/** By `import`, with Node. */
export const USE_IMPORT = `
import { encodeNpy } from "@gantry/formats";
import { resolveConfig, train } from "@gantry/gan";
import { readRun } from "@gantry/gan/run";
import { studies } from "@gantry/studies";
import { startStudio } from "@gantry/studio";
import { torch, version } from "@gantry/torch";
if (typeof readRun !== "function" || (await studies.all()).size === 0) throw new Error("there are no studies");
const sum = torch.ones([2, 3]).sum().item();
if (sum !== 6) throw new Error("a sum of six ones is " + sum);
if (typeof encodeNpy !== "function" || typeof train !== "function") throw new Error("exports are missing");
const config = await resolveConfig({ recipe: "gan", preset: "small", with: [] });
const studio = await startStudio({ folder: ".", port: 0, gantry: [] });
const { origin, searchParams } = new URL(studio.address);
const headers = { authorization: "Bearer " + searchParams.get("token") };
for (const path of ["/runs.json", "/assets/main.js", "/assets/main.css"])
  if (!(await fetch(origin + path, { headers })).ok) throw new Error("the studio has no " + path);
await studio.close();
console.log("import: LibTorch " + version() + ", " + config.recipe);
`;

/** By `require`. */
export const USE_REQUIRE = `
const { torch } = require("@gantry/torch");
const { resolveConfig } = require("@gantry/gan");
if (torch.ones([2, 3]).sum().item() !== 6 || typeof resolveConfig !== "function") throw new Error("require");
console.log("require: as well");
`;

/** For the type check. */
export const USE_TYPES = `
import { readNpy } from "@gantry/formats";
import { resolveConfig, train } from "@gantry/gan";
import { nn, type Tensor, torch } from "@gantry/torch";
export type { Comparison } from "@gantry/gan/compare";
export type { Dataset } from "@gantry/gan/data";
export type { Plot } from "@gantry/gan/figures";
export type { MetricDefinition } from "@gantry/gan/metrics";
export type { NetFamily } from "@gantry/gan/nets";
export type { RunSummary } from "@gantry/gan/run";
export type { Cell } from "@gantry/gan/sweep";
export type { TermDefinition } from "@gantry/gan/terms";
export type { Study } from "@gantry/studies";
export type { Studio } from "@gantry/studio";
export const ones: Tensor = new nn.Linear(3, 1).forward(torch.ones([2, 3]));
export const read: typeof readNpy = readNpy;
export async function first(): Promise<number> {
  const config = await resolveConfig({ recipe: "gan", preset: "small", with: [] });
  for await (const report of train(config)) return report.iteration;
  return 0;
}
`;

/** Strict, with the packages' own types checked too. */
export const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: "NodeNext",
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    types: ["node"],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  },
  files: ["use.ts"],
});
