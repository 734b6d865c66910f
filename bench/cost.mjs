// What a method adds to an iteration of the game it builds upon.
import { cpus } from "node:os";
import { startTraining } from "./training.mjs";

/**
 * A case that times a base and methods over it in turn.
 * @param base, methods as startTraining takes them, without threads; methods each with a label and perhaps a target in
 * per cent
 */
export function cost({ what, shapes, base, methods, iterations, rounds }) {
  return {
    what,
    async run({ turns, times, costlier }) {
      const threads = cpus().length;
      const opened = [];
      try {
        const bodies = {};
        for (const [label, { settings, ...rest }] of [["base", base], ...methods.map((m) => [m.label, m])]) {
          const started = await startTraining({ ...rest, settings: [...settings, `threads=${threads}`] });
          opened.push(started);
          bodies[label] = () => started.run(iterations);
        }
        const taken = await turns(bodies, { rounds, warmups: 1, per: iterations });
        return methods.map(({ label, target }) => {
          const ratio = costlier(taken[label], taken.base);
          return {
            label,
            shapes,
            threads,
            ours: times(taken[label]),
            peer: times(taken.base),
            ratio,
            ratioIs: "costs more by",
            against: "its base",
            ...(target === undefined ? {} : { target: `at most ${target}%`, met: ratio.median <= target }),
          };
        });
      } finally {
        for (const each of opened) await each.close();
      }
    },
  };
}
