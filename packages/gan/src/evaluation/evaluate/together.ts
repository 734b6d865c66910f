// One evaluation by several processes: rank 0 computes the scores, and says which images all look at. Each makes and looks at its
// batches of them; the rows come together, the same bits as from one process, so that rank 0 keeps and goes on as one process does.
import { distributed } from "@gantry/torch";
import type { PartSource } from "../../core/base/plugins/source.js";
import type { EvaluationRequest, Reference, Subject } from "./request.js";

export type SideName = "fake" | "real" | "test";

/** Images from `start` to before `end` of a side are to be made, or looked at through the network of a view. */
export interface LookOrder {
  readonly what: "draw" | "look";
  readonly view: number;
  readonly side: SideName;
  readonly count: number;
  readonly seed: number;
  readonly start: number;
  readonly end: number;
}

/** What rank 0 says to the others. */
export type Order =
  | LookOrder
  | { readonly what: "open"; readonly request: EvaluationRequest; readonly sources: readonly PartSource[] }
  | { readonly what: "end" };

/** At rank 0. */
export async function tellOthers(order: Order): Promise<void> {
  await distributed.fromFirst(new TextEncoder().encode(JSON.stringify(order)));
}

/** At the others: what rank 0 says next. */
export async function heardOrder(): Promise<Order> {
  return JSON.parse(new TextDecoder().decode(await distributed.fromFirst(new Uint8Array()))) as Order;
}

const isNamed = (side: Subject | Reference | undefined): boolean =>
  side === undefined || side.kind === "run" || side.kind === "data" || side.kind === "array";

/** Whether other processes, where there are any, can open what is asked for: it is on disks, not in this one's memory. */
export const isForAll = ({ subject, against, test }: EvaluationRequest): boolean =>
  distributed.size() > 1 && [subject, against, test].every(isNamed);
