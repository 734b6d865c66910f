/** The thread that {@link createLoader} starts: it gathers items out of shared memory. */
import { parentPort, workerData } from "node:worker_threads";
import { gather, type SharedItems } from "./dataset.js";

/** What the loader asks for. Answered with the items in the same order as the questions. */
export interface GatherRequest {
  readonly indices: Uint32Array;
}

/** The items asked for; its buffer is handed over, not copied. */
export interface GatherReply {
  readonly data: Uint8Array | Float32Array;
}

const items = workerData as SharedItems;
parentPort?.on("message", ({ indices }: GatherRequest) => {
  const data = gather(items, indices);
  const reply: GatherReply = { data };
  parentPort?.postMessage(reply, [data.buffer as ArrayBuffer]);
});
