// A process of its own that trains in the lab, and does as it is told: each order is answered when it is done.
import { setThreads } from "@gantry/torch";
import type { LabAnswer, LabOrder } from "../messages.js";
import { LabTraining } from "./training.js";

setThreads(1);
let training: LabTraining | undefined;

async function obey(order: LabOrder): Promise<void> {
  if (order.do === "begin") {
    const begun = new LabTraining(order.folder);
    await begun.begin(order.request);
    training = begun;
  } else if (order.do === "iterate") await training?.iterate();
  else if (order.do === "step") await training?.step(order.phase);
  else if (order.do === "change") await training?.change(order.with, order.set);
}

async function answer(order: LabOrder): Promise<void> {
  let told: Pick<LabAnswer, "frame" | "trouble"> = {};
  try {
    await obey(order);
    if (order.do !== "iterate" && training !== undefined) told = { frame: training.frame() };
  } catch (error) {
    told = { trouble: (error as Error).message };
  }
  const whole: LabAnswer = { iteration: training?.iteration ?? 0, done: training?.isDone ?? false, ...told };
  // Nobody listens any more where the studio has hung up.
  if (process.connected) process.send?.(whole);
}

let last: Promise<void> = Promise.resolve();
process.on("message", (order: LabOrder) => {
  last = last.then(() => answer(order));
});
process.on("disconnect", () => {
  void last.then(() => training?.end()).finally(() => process.exit(0));
});
// Ctrl-C is for the studio, which then hangs up.
process.on("SIGINT", () => {});
