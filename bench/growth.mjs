// `npm run bench -- --plot`: how long an iteration takes as batch, width and resolution grow.
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { svgToPng } from "@gantry/formats";
import { lines } from "@gantry/gan/figures";
import { version } from "@gantry/torch";
import { sngan } from "./arithmetic.mjs";
import { context } from "./context.mjs";
import { writeWhole } from "./results.mjs";
import { startTraining } from "./training.mjs";

const PICTURE = "growth.png";
const ROUNDS = 3;
const BASE = { size: 32, channels: 16, batch: 64, discriminatorSteps: 1 };
const AXES = [
  { name: "batch", key: "batch", x: [16, 32, 64, 128, 256] },
  { name: "width", key: "channels", x: [8, 16, 32, 64] },
  { name: "resolution", key: "size", x: [32, 48, 64, 128] },
];

/** The slope of the line through points, both coordinates as logarithms, by least squares. */
export function fittedExponent(x, y) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const [centreU, centreV] = [mean(u), mean(v)];
  const covariance = mean(u.map((value, i) => (value - centreU) * (v[i] - centreV)));
  return covariance / mean(u.map((value) => (value - centreU) ** 2));
}

async function secondsOf(setting, threads) {
  const { size, channels, batch, discriminatorSteps } = setting;
  const training = await startTraining({
    recipe: "sngan",
    settings: [
      `batch=${batch}`,
      `threads=${threads}`,
      `net.channels=${channels}`,
      `schedule.discriminatorSteps=${discriminatorSteps}`,
    ],
    shape: [3, size, size],
  });
  try {
    const taken = await context.turns({ it: () => training.run(1) }, { rounds: ROUNDS, warmups: 1 });
    return context.sample(taken.it, " s").median;
  } finally {
    await training.close();
  }
}

/** @param say called with a line for each point measured */
export async function drawGrowth(say) {
  const threads = cpus().length;
  const curves = [];
  for (const { name, key, x } of AXES) {
    const seconds = [];
    for (const value of x) {
      seconds.push(await secondsOf({ ...BASE, [key]: value }, threads));
      say(`${name} ${value}: ${(1000 * seconds.at(-1)).toFixed(0)} ms`);
    }
    const operations = x.map((value) => sngan({ ...BASE, [key]: value }));
    const [exponent, arithmetic] = [fittedExponent(x, seconds), fittedExponent(x, operations)];
    curves.push({ name, x, seconds, operations, exponent, arithmetic });
  }
  const relative = (values) => values.map((value) => value / values[0]);
  const plots = curves.map(({ name, x, seconds, operations, exponent, arithmetic }) => ({
    title: `${name} ${x[0]} to ${x.at(-1)}: exponent ${exponent.toFixed(2)} (arithmetic ${arithmetic.toFixed(2)})`,
    lines: [
      { label: "iteration time", x: relative(x), y: relative(seconds) },
      { label: "arithmetic, plain form", x: relative(x), y: relative(operations) },
    ],
  }));
  const svg = lines(plots, {
    xLabel: "times the smallest",
    yLabel: "times as much",
    logarithmic: true,
  });
  await writeWhole(fileURLToPath(new URL(PICTURE, import.meta.url)), await svgToPng(svg));
  return {
    what: `SNGAN with ${BASE.channels} channels at ${BASE.size} pixels, batch ${BASE.batch}, one D and one G update an iteration, ${threads} threads, nearest upsampling; one of the three is varied at a time, and each resolution has the papers' networks for it, whose widths differ`,
    environment: `LibTorch ${version()}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`,
    picture: PICTURE,
    curves,
  };
}
