import { defineCommand } from "../command.js";
import { UsageProblem } from "../errors.js";

interface Options {
  readonly port?: string;
  readonly open?: boolean;
}

export default defineCommand<Options>({
  name: "studio",
  summary: "look at runs in the browser: live curves, samples over time, comparisons",
  description:
    "Shows the runs of a folder in the browser: a live list, each run's curves with every picture of samples under one " +
    "slider, and runs side by side. It answers this machine alone, at an address with a key in it, and reads files: no " +
    "training is disturbed. What it does beyond that (stop, fork, throw away) a person clicks and confirms. Every page is " +
    "JSON at the same address with .json behind it. Ctrl-C ends it.",
  arguments: [{ name: "[runs]", description: "a folder of runs, or a run; default runs" }],
  options: [
    { flags: "--port <n>", description: "default 4267, or where that is taken, any that is free" },
    { flags: "--open", description: "open it in the browser" },
    { flags: "--json", description: "print the address as one JSON object" },
  ],
  examples: [
    ["gantry studio", "the runs in ./runs"],
    ["gantry studio runs/sweep-gan --open", "a sweep's, in the browser"],
    ["gantry studio --port 8000", "at a port of your own, as for a tunnel by ssh -L 8000:localhost:8000"],
  ],
  async run(output, [folder = "runs"], { port, open }) {
    const { stat } = await import("node:fs/promises");
    const found = await stat(folder).catch(() => undefined);
    if (!found?.isDirectory())
      throw new UsageProblem(
        `${folder === "" ? "the folder's name is empty" : `${folder}: not a folder`}; name one with runs, or train first: 'gantry train gan --preset small'`,
      );
    const number = port === undefined ? undefined : Number(port);
    if (number !== undefined && !(Number.isInteger(number) && number >= 0 && number < 65_536))
      throw new UsageProblem(`--port ${port}: a whole number from 0 to 65535`);
    const { startStudio } = await import("@gantry/studio");
    const { program } = await import("../studio/program.js");
    const studio = await startStudio({ folder, port: number, gantry: program }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EADDRINUSE" && error.code !== "EACCES") throw error;
        const why = error.code === "EACCES" ? "may not be used by this user" : "is taken";
        throw new UsageProblem(`port ${number} ${why}; choose another by --port, or leave it out`);
      },
    );
    if (output.json) output.printJson({ address: studio.address });
    else output.print(`Studio: ${studio.address}\nCtrl-C ends it; trainings go on.`);
    if (open === true) (await import("../studio/browser.js")).openBrowser(studio.address);
    const { untilStopped } = await import("../studio/untilStopped.js");
    await untilStopped();
    await studio.close();
    return 0;
  },
});
