// Measures one cell of a study: a CellOrder on standard input, the result on standard output, progress as messages.
import module from "node:module";
import { leaveSignalsToParent } from "@gantry/gan/signals";
import type { CellOrder } from "@gantry/gan/sweep";

leaveSignalsToParent();
// Compiled code is kept between processes where Node can: a quicker start of each.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const { serveParent } = await import("@gantry/gan/sweep");
const { studies } = await import("./study.js");

const studyOf = async ({ study, sources }: CellOrder) => {
  if (sources.length > 0) await (await import("@gantry/gan")).importAgain(sources);
  return await studies.get(study);
};

await serveParent<CellOrder>(
  async (order, { signal, tell }) =>
    (await studyOf(order)).measure(order.cell, { folder: order.folder, tell, signal }),
  async (order) => (await studyOf(order)).endsItself === true,
);
