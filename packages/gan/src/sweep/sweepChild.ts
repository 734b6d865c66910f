// Trains one cell of a sweep: a SweepOrder on standard input, that it is done on standard output, how far it is as
// messages.
import module from "node:module";
import { leaveSignalsToParent } from "../core/base/signals.js";
import type { SweepOrder } from "./runSweep.js";

leaveSignalsToParent();
// Compiled code is kept between processes where Node can: a quicker start of each.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const { importAgain } = await import("../core/base/plugins/plugins.js");
const { serveParent } = await import("./child.js");
const { trainCell } = await import("./trainCell.js");

/** Milliseconds between two messages of how far it is. */
const PAUSE = 500;

await serveParent<SweepOrder>(
  async ({ folder, cell, until, sources }, { signal, takeWish, tell }) => {
    await importAgain(sources);
    let told = Number.NEGATIVE_INFINITY;
    await trainCell(folder, cell, {
      until,
      signal,
      wantsCheckpoint: takeWish,
      onReport: ({ iteration }) => {
        const now = performance.now();
        if (now - told < PAUSE) return;
        told = now;
        tell({ iteration });
      },
      onWarning: (warning) => tell({ warning }),
    });
    return true;
  },
  () => true,
);
