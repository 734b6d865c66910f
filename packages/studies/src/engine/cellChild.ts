// Measures one cell: the study's name, the cell's folder and what its parent imported as arguments, the cell as JSON on standard input, its result on
// standard output, its progress as messages to the parent.
import module from "node:module";
import { text } from "node:stream/consumers";
import type { PartSource } from "@gantry/gan";
import { leaveSignalsToParent } from "@gantry/gan/signals";
import type { Cell } from "@gantry/gan/sweep";

leaveSignalsToParent();
// Compiled code is kept between processes where Node can: a quicker start of each.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

// Nobody waits for the result of a study that was killed.
const orphaned = () => process.exit(1);
process.once("disconnect", orphaned);

try {
  const [, , name = "", folder = "", sources = "[]"] = process.argv;
  const cell = JSON.parse(await text(process.stdin)) as Cell;
  const { studies } = await import("./study.js");
  const imported = JSON.parse(sources) as PartSource[];
  if (imported.length > 0) await (await import("@gantry/gan")).importAgain(imported);
  const study = await studies.get(name);
  const tell = (message: string) => {
    if (process.connected) process.send?.(message);
  };
  process.stdout.write(JSON.stringify(await study.measure(cell, { folder, tell })));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  process.off("disconnect", orphaned);
  if (process.connected) process.disconnect();
}
