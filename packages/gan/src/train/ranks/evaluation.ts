// Evaluations beside a training of several processes: each of them that sees the run's folder has one beside it, and these share the
// images.
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { distributed } from "@gantry/torch";
import { helpInProcess } from "../evaluationProcess.js";
import { visibleDevice } from "./place.js";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

let met = 0;

/**
 * Of all processes, together: those meet that see the run's folder, which may be on rank 0's machine alone.
 * @param run its path; of rank 0, the others hear it
 * @returns this process's place among them; undefined where it is not one, or the only one
 */
export async function meetBeside(run = ""): Promise<distributed.GroupPlace | undefined> {
  const [rank, size] = [distributed.rank(), distributed.size()];
  const told = await distributed.fromFirst(encode(resolve(run)));
  const sees = await access(JSON.parse(new TextDecoder().decode(told)) as string).then(
    () => 1,
    () => 0,
  );
  const all = await distributed.sumNumbers(Array.from({ length: size }, (_, i) => (i === rank ? sees : 0)));
  const members = all.flatMap((seen, i) => (seen === 1 ? [i] : []));
  met++;
  const place = distributed.placeBeside(`evaluation/${met}`);
  if (place === undefined || members.length < 2 || !members.includes(rank)) return undefined;
  return { ...place, rank: members.indexOf(rank), size: members.length };
}

/** Of the others: what helps them with evaluations, and ends with this process. */
export class Helpers {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #abort = new AbortController();
  readonly #underway = new Set<Promise<void>>();

  /** @param device of this process: `cuda:1` */
  constructor(device: string) {
    const index = /^cuda:(\d+)$/.exec(device)?.[1];
    this.#environment =
      index === undefined ? {} : { CUDA_VISIBLE_DEVICES: visibleDevice(process.env, Number(index)) };
  }

  /** Begins to help with the evaluation that rank 0 begins. */
  async begin(): Promise<void> {
    const place = await meetBeside();
    if (place === undefined) return;
    // What goes wrong rank 0 sees and tells: the one that it started misses another.
    const helping = helpInProcess(place, this.#abort.signal, this.#environment).catch(() => {});
    this.#underway.add(helping);
    void helping.then(() => this.#underway.delete(helping));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#underway);
  }
}
