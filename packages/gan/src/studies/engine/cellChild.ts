// Measures one cell: the study's name as argument, the cell as JSON on standard input, its result on standard output.
import module from "node:module";
import { text } from "node:stream/consumers";
import type { Cell } from "./study.js";

// Compiled code is kept between processes where Node can: a quicker start of each.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

try {
  const cell = JSON.parse(await text(process.stdin)) as Cell;
  const { studies } = await import("./study.js");
  const study = await studies.get(process.argv[2] ?? "");
  process.stdout.write(JSON.stringify(await study.measure(cell)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
