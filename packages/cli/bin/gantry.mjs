#!/usr/bin/env node
// The command's door. Plain JavaScript and committed, so that npm can link it before anything is built.
import { existsSync } from "node:fs";
import inspector from "node:inspector";
import module from "node:module";

// Schedulers send it as a warning. Left to Node, it opens a debugger that anybody on the machine can talk to; one that came
// before this line has opened it already.
process.on("SIGUSR1", () => {});
if (
  !/--inspect/.test([...process.execArgv, process.env.NODE_OPTIONS].join(" ")) &&
  inspector.url() !== undefined
)
  inspector.close();

// Compiled code is kept between runs where Node can (22.1 and later): a quicker start.
module.enableCompileCache?.();

const main = new URL("../dist/index.js", import.meta.url);
if (existsSync(main)) {
  const { runProcess } = await import(main.href);
  await runProcess();
} else {
  process.stderr.write("gantry: not built yet; run `npm run build` in Gantry's folder\n");
  process.exitCode = 1;
}
