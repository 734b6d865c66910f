// The lab's process: an order as its first message, commands as those that follow; what is to be shown is told in messages.
import { leaveSignalsToParent } from "../../core/base/signals.js";
import type { LabCommand, LabMessage, LabOrder } from "./protocol.js";
import { LabSession } from "./session.js";

leaveSignalsToParent();

const tell = (message: LabMessage): void => {
  if (process.connected) process.send?.(message);
};

let session: Promise<LabSession> | undefined;

process.on("message", (message: LabOrder | LabCommand) => {
  if ("kind" in message) {
    session = LabSession.open(message, tell);
    session.catch((error: Error) => {
      tell({ say: "error", message: error.message });
      process.exitCode = 1;
      process.disconnect();
    });
  } else void command(message);
});

async function command(message: LabCommand): Promise<void> {
  await (await session)?.do(message);
  if (message.do === "close") process.disconnect();
}

// Nobody watches any more: what was trained is kept.
process.once(
  "disconnect",
  () => void session?.then((open) => open.do({ do: "close" })).then(() => process.exit()),
);
