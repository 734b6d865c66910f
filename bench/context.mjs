// How a benchmark measures: repeated, in pairs, and reported as a median with its spread.

/** @returns {{median: number, low: number, high: number, count: number, unit: string}} with the quartiles as low and high */
export function sample(values, unit) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q) => {
    const position = q * (sorted.length - 1);
    const below = Math.floor(position);
    const above = sorted[Math.min(below + 1, sorted.length - 1)];
    return sorted[below] + (above - sorted[below]) * (position - below);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), count: sorted.length, unit };
}

const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** `1.41 us (1.38 to 1.52, 15 runs)` */
export const formatSample = ({ median, low, high, count, unit }) =>
  `${digits(median)}${unit} (${digits(low)} to ${digits(high)}, ${count} runs)`;

const UNITS = { s: 1, ms: 1e3, us: 1e6 };

/** Seconds that `body` takes, once. It may return a promise, or the seconds itself where it measures by its own clock. */
async function time(body) {
  const start = performance.now();
  const own = await body();
  return typeof own === "number" ? own : (performance.now() - start) / 1000;
}

export const context = {
  sample,

  /**
   * Times `ours` and `peer` in turn. @param per how many units of work one call does
   * @returns {{ours, peer, ratio}} samples; a ratio above 1 means that ours is faster
   */
  async pairs(ours, peer, { rounds = 15, warmups = 2, unit = "ms", per = 1 } = {}) {
    for (let i = 0; i < warmups; i++) {
      await ours();
      await peer();
    }
    const times = { ours: [], peer: [], ratio: [] };
    for (let i = 0; i < rounds; i++) {
      const [a, b] = [await time(ours), await time(peer)];
      times.ours.push((a * UNITS[unit]) / per);
      times.peer.push((b * UNITS[unit]) / per);
      times.ratio.push(b / a);
    }
    return {
      ours: sample(times.ours, ` ${unit}`),
      peer: sample(times.peer, ` ${unit}`),
      ratio: sample(times.ratio, "x"),
    };
  },

  /** Times `ours` alone. */
  async alone(ours, { rounds = 15, warmups = 2, unit = "ms", per = 1 } = {}) {
    for (let i = 0; i < warmups; i++) await ours();
    const times = [];
    for (let i = 0; i < rounds; i++) times.push(((await time(ours)) * UNITS[unit]) / per);
    return sample(times, ` ${unit}`);
  },
};
