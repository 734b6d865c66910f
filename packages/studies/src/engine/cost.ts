// What one training costs beside another, in one process and in turn, so that whatever else runs slows both alike.
import { type Config, Trainer } from "@gantry/gan";
import { setThreads } from "@gantry/torch";
import { brief } from "./fit.js";
import { processorSeconds } from "./standing.js";

export interface Turns {
  readonly rounds: number;
  /** Of each training in a round. */
  readonly iterations: number;
}

/** Iterations of a training, as many at a time as are asked for. */
async function begun(config: Config) {
  const trainer = await Trainer.create(config);
  const steps = trainer.run()[Symbol.asyncIterator]();
  const go = async (iterations: number): Promise<number> => {
    const before = processorSeconds();
    for (let i = 0; i < iterations; i++) await steps.next();
    return processorSeconds() - before;
  };
  return { go, close: () => trainer.close() };
}

/**
 * Processor seconds of one training over those of another, a number a round; who goes first alternates. A round before all is
 * not counted.
 */
export async function costRatios(
  one: Config,
  other: Config,
  { rounds, iterations }: Turns,
): Promise<number[]> {
  setThreads(1);
  const [a, b] = [await begun(one), await begun(other)];
  try {
    const ratios: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const first = round % 2 === 0 ? await a.go(iterations) : undefined;
      const second = await b.go(iterations);
      const ratio = (first ?? (await a.go(iterations))) / second;
      if (round > 0) ratios.push(brief(ratio));
    }
    return ratios;
  } finally {
    await a.close();
    await b.close();
  }
}
