import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { defineCommand } from "../command.js";

interface Options {
  readonly with?: string;
}

export default defineCommand<Options>({
  name: "setup",
  summary: "build the native part, and bring what it takes",
  description:
    "Finds LibTorch and builds Gantry's native part against it, or takes one that was built for it elsewhere. What is " +
    "missing of LibTorch and a C++ compiler comes by apt-get where this user may install, LibTorch else as PyTorch's wheel; " +
    "it says first what comes, and how much that is. Quick when nothing is to be done.",
  options: [
    {
      flags: "--with <source>",
      description: "pip: bring PyTorch's wheel, into a folder of Gantry's own",
      choices: ["pip"],
    },
  ],
  examples: [
    ["gantry setup", "against the LibTorch that is found"],
    ["gantry setup --with pip", "with PyTorch's wheel for the processor"],
    ["LIBTORCH=/opt/libtorch gantry setup", "against this one"],
  ],
  async run(_output, _args, options) {
    // A process of its own: what compiles and installs has the terminal, and its signals.
    const script = fileURLToPath(import.meta.resolve("@gantry/torch/setup"));
    const args = options.with === undefined ? [] : ["--with", options.with];
    const child = spawn(process.execPath, [script, ...args], { stdio: "inherit" });
    const [status] = (await once(child, "close")) as [number | null];
    return status ?? 1;
  },
});
