import { MemoryTable, precisionRecallDensityCoverage } from "@gantry/gan/metrics";
import { RandomGenerator, scope, setThreads, torch } from "@gantry/torch";

const THREADS = 2;
const ROWS = 10_000;
const COLUMNS = 2048;

const features = (seed) =>
  new MemoryTable(
    scope(() => torch.randn([ROWS, COLUMNS], { generator: new RandomGenerator(seed) }).toTypedArray()),
    COLUMNS,
  );

export default {
  what: "precision, recall, density, coverage of 10,000 against 10,000 features of 2048",
  async run({ alone }) {
    setThreads(THREADS);
    const [fake, real] = [features(1), features(2)];
    const ours = await alone(async () => void (await precisionRecallDensityCoverage(fake, real)), {
      rounds: 2,
      warmups: 0,
      unit: "s",
    });
    const peak = process.resourceUsage().maxRSS / 1024;
    return {
      shapes: `2 x float32[${ROWS},${COLUMNS}]`,
      threads: THREADS,
      ours,
      notes: [`peak memory of the process ${peak.toFixed(0)} MiB`],
      target: "at most 60 s and 2 GiB",
      met: ours.median <= 60 && peak <= 2048,
    };
  },
};
