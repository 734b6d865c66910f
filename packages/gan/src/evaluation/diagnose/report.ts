import type { Config } from "../../core/config/schema.js";
import type { DataShape } from "../../core/nets/sample.js";
import { listCheckpoints } from "../../core/run/checkpoints.js";
import type { RunDirectory } from "../../core/run/directory.js";
import { type Advice, adviseOn } from "./advice.js";
import type { Found } from "./diagnose.js";

/** A finding for who reads it: plain JSON. */
export interface FindingReport {
  readonly name: string;
  readonly summary: string;
  /** It began at, as far as was looked; 0: before the first. */
  readonly iteration: number;
  /** It was told at. */
  readonly noticed: number;
  /** It was seen to have passed at; null where it still holds. */
  readonly until: number | null;
  /** What was measured, in words. */
  readonly measured: string;
  readonly value: number;
  readonly threshold: number;
  /** On which side of the threshold the trouble lies. */
  readonly trouble: "below" | "above";
  /** What usually causes it. */
  readonly cause: string;
  /** Commands that help, the best first; each begins a new run. */
  readonly advice: readonly { readonly command: string; readonly meaning: string }[];
}

/** @param run as the user names it */
export async function reportFinding(
  { finding, evidence, noticed, until }: Found,
  directory: RunDirectory,
  data: DataShape | undefined,
  run = directory.path,
): Promise<FindingReport> {
  const { began, curve: _, ...rest } = evidence;
  const { name, summary, cause, remedies } = finding;
  const config: Config = directory.config;
  const advice: Advice[] =
    data === undefined
      ? []
      : adviseOn(remedies, {
          run,
          config,
          data,
          checkpoints: await listCheckpoints(directory.checkpoints),
          began,
        });
  return {
    name,
    summary,
    iteration: began,
    noticed,
    until: until ?? null,
    ...rest,
    cause,
    advice: advice.map(([command, meaning]) => ({ command, meaning })),
  };
}
