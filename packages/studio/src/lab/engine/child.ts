// A process of its own that trains in the lab, and does as it is told.
import { setThreads } from "@gantry/torch";
import type { LabAnswer, LabOrder } from "../messages.js";
import { LabTraining } from "./training.js";

setThreads(1);
const tell = (answer: LabAnswer) => void process.send?.(answer);
let training: LabTraining | undefined;

async function obey(order: LabOrder): Promise<void> {
  if (order.do === "begin") {
    const begun = new LabTraining(order.folder, (frame) => tell({ kind: "frame", frame }));
    await begun.begin(order.request);
    training = begun;
    return;
  }
  if (training === undefined) return;
  switch (order.do) {
    case "play":
      return await training.play(order.rate);
    case "step":
      return await training.step(order.phase);
    case "change":
      return await training.change(order.with, order.set);
    default:
      await training.end();
      process.exit(0);
  }
}

const fail = (error: unknown) => tell({ kind: "trouble", message: (error as Error).message });
// One after the other; what is playing is paused by whatever comes.
let last: Promise<void> = Promise.resolve();
const hear = (order: LabOrder) => {
  if (order.do !== "play") training?.pause();
  else if (training?.isPlaying) void training.play(order.rate);
  if (order.do === "pause") return;
  last = last.then(() => obey(order)).catch(fail);
};
process.on("message", hear);
process.on("disconnect", () => hear({ do: "end" }));
// Ctrl-C is for the studio, which then hangs up.
process.on("SIGINT", () => {});
