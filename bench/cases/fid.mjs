import { frechetDistance, Moments } from "@gantry/gan/metrics";
import { RandomGenerator, scope, setThreads, torch } from "@gantry/torch";

const THREADS = 2;
const ROWS = 50_000;
const COLUMNS = 2048;
const BLOCK = 1000;

/** Moments of features that come block by block, as extraction gives them. */
function momentsOf(seed) {
  const moments = new Moments(COLUMNS);
  const generator = new RandomGenerator(seed);
  for (let start = 0; start < ROWS; start += BLOCK)
    moments.add(scope(() => torch.randn([BLOCK, COLUMNS], { generator }).toTypedArray()));
  return moments;
}

/** FID after extraction: both sides' moments and the distance. */
export default {
  what: "FID of 50,000 against 50,000 features of 2048, from features to score",
  async run({ alone }) {
    setThreads(THREADS);
    const ours = await alone(() => void frechetDistance(momentsOf(1), momentsOf(2)), {
      rounds: 2,
      warmups: 0,
      unit: "s",
    });
    const peak = process.resourceUsage().maxRSS / 1024;
    return {
      shapes: `2 x float32[${ROWS},${COLUMNS}], in blocks of ${BLOCK}`,
      threads: THREADS,
      ours,
      notes: [`peak memory of the process ${peak.toFixed(0)} MiB`, "drawing the features is counted in"],
      target: "at most 60 s and 1.5 GiB",
      met: ours.median <= 60 && peak <= 1536,
    };
  },
};
