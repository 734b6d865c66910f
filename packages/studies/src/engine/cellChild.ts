// Measures one cell of a study: a CellOrder on standard input, the result on standard output, progress as messages.
import module from "node:module";
import { leaveSignalsToParent } from "@gantry/gan/signals";
import type { CellOrder } from "@gantry/gan/sweep";

leaveSignalsToParent();
// Compiled code is kept between processes where Node can: a quicker start of each.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const { serveParent } = await import("@gantry/gan/sweep");
const { studies } = await import("./study.js");

await serveParent<CellOrder>(
  async ({ study, cell, folder, sources }, { signal, tell }) => {
    if (sources.length > 0) await (await import("@gantry/gan")).importAgain(sources);
    return await (await studies.get(study)).measure(cell, { folder, tell, signal });
  },
  ({ endsItself }) => endsItself,
);
