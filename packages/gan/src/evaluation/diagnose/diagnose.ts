import type { Config } from "../../core/config/schema.js";
import type { Dataset } from "../../core/data/index.js";
import { type Evidence, type Finding, findings } from "./finding.js";
import { type History, upTo } from "./history.js";

/** Something found of a training. */
export interface Found {
  readonly finding: Finding;
  /** As it was when it was first told. */
  readonly evidence: Evidence;
  /** The iteration it was told at; 0: before the first. */
  readonly noticed: number;
  /** The iteration at which it was seen to have passed; undefined where it still holds. */
  readonly until: number | undefined;
}

/** Follows a training: tells each finding once, and whether it passed. */
export class Watch {
  readonly #findings: readonly Finding[];
  readonly #found = new Map<string, Found>();

  /** @param findings default all there are */
  constructor(findings: readonly Finding[]) {
    this.#findings = findings;
  }

  static async open(): Promise<Watch> {
    return new Watch([...(await findings.all()).values()]);
  }

  /** All that was found, in the order it was. */
  get found(): Found[] {
    return [...this.#found.values()];
  }

  /** What of the data is trouble: before the first iteration. */
  examine(dataset: Dataset, config: Config, discriminatorWeights: number): Found[] {
    const looked = spreadOver(dataset);
    return this.#tell(0, (finding) => finding.examine?.({ dataset, config, looked, discriminatorWeights }));
  }

  /**
   * What is new at the end of this history.
   * @param history one that goes on from the last
   */
  look(history: History): Found[] {
    return this.#tell(history.iteration, (finding) => finding.find?.(history), "training");
  }

  /** Takes over what was told before, as of a run that is resumed. */
  restore(found: Found): void {
    this.#found.set(found.finding.name, found);
  }

  #tell(
    iteration: number,
    find: (finding: Finding) => Evidence | undefined,
    side: "training" | "data" = "data",
  ): Found[] {
    const told: Found[] = [];
    for (const finding of this.#findings) {
      if ((side === "training" ? finding.find : finding.examine) === undefined) continue;
      const evidence = find(finding);
      const known = this.#found.get(finding.name);
      if (evidence === undefined) {
        if (known !== undefined && known.until === undefined)
          this.#found.set(finding.name, { ...known, until: iteration });
      } else if (known !== undefined)
        this.#found.set(finding.name, {
          ...known,
          evidence: { ...evidence, ...known.evidence, ...(evidence.curve && { curve: evidence.curve }) },
          until: undefined,
        });
      else {
        const found = { finding, evidence, noticed: iteration, until: undefined };
        this.#found.set(finding.name, found);
        told.push(found);
      }
    }
    return told;
  }
}

/** Logged iterations at which a run without readings is looked at. */
const MOMENTS = 100;

/** Goes through a history as a training would have, and tells what it would have told. */
export function replay(history: History, watch: Watch): Found[] {
  const moments = history.readings.map(({ iteration }) => iteration);
  const iterations = [...new Set([...history.curves.values()].flatMap((curve) => curve.iterations))].sort(
    (a, b) => a - b,
  );
  const every = Math.max(1, Math.ceil(iterations.length / MOMENTS));
  const others = iterations.filter((_, i) => (i + 1) % every === 0 || i === iterations.length - 1);
  for (const moment of moments.length > 0 ? moments : others) watch.look(upTo(history, moment));
  return watch.found;
}

/** Items of a data set that are looked at, of no more numbers in all than these. */
const LOOKED = 4096;
const NUMBERS = 50_000_000;

/** Numbers of items, evenly spread over a data set. */
function spreadOver({ count, shape }: Dataset): number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  const many = Math.min(count, LOOKED, Math.max(1, Math.floor(NUMBERS / size)));
  return Array.from({ length: many }, (_, i) => Math.floor((i * count) / many));
}
