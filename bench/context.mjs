// How a benchmark measures: repeated, in turn, and reported as a median with its spread.

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

const digits = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** `1.41 us (1.38 to 1.52, 15 runs)` */
export const formatSample = ({ median, low, high, count, unit }) =>
  count === 1
    ? `${digits(median)}${unit}`
    : `${digits(median)}${unit} (${digits(low)} to ${digits(high)}, ${count} runs)`;

const UNITS = { s: 1, ms: 1e3, us: 1e6 };

/** Seconds that `body` takes, once. It may return a promise, or the seconds itself where it measures by its own clock. */
async function time(body) {
  const start = performance.now();
  const own = await body();
  return typeof own === "number" ? own : (performance.now() - start) / 1000;
}

/** Quotients of two lists, place by place. */
const quotients = (above, below) => above.map((value, i) => value / below[i]);

export const context = {
  sample,

  /**
   * Times several bodies in turn, A B C A B C. @param per how many units of work one call does
   * @returns seconds a unit of work, a list a body, in the order of the rounds
   */
  async turns(bodies, { rounds = 15, warmups = 2, per = 1 } = {}) {
    const names = Object.keys(bodies);
    for (let i = 0; i < warmups; i++) for (const name of names) await bodies[name]();
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (let i = 0; i < rounds; i++)
      for (const name of names) times[name].push((await time(bodies[name])) / per);
    return times;
  },

  /** A list of seconds as a sample. */
  times: (seconds, unit = "ms") =>
    sample(
      seconds.map((value) => value * UNITS[unit]),
      ` ${unit}`,
    ),

  /** How many times as fast `ours` is: above 1 where it takes less time. */
  faster: (ours, peer) => sample(quotients(peer, ours), "x"),

  /** By how many per cent more time `ours` takes than `base`. */
  costlier: (ours, base) =>
    sample(
      quotients(ours, base).map((ratio) => 100 * (ratio - 1)),
      "%",
    ),

  /**
   * Times `ours` and `peer` in turn. @param per how many units of work one call does
   * @returns {{ours, peer, ratio}} samples; a ratio above 1 means that ours is faster
   */
  async pairs(ours, peer, { unit = "ms", ...options } = {}) {
    const times = await context.turns({ ours, peer }, options);
    return {
      ours: context.times(times.ours, unit),
      peer: context.times(times.peer, unit),
      ratio: context.faster(times.ours, times.peer),
    };
  },

  /** Times `ours` alone. */
  async alone(ours, { unit = "ms", ...options } = {}) {
    return context.times((await context.turns({ ours }, options)).ours, unit);
  },
};
